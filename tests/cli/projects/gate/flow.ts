import { pipeline } from "@millrace/core";

export const ship = pipeline("ship", {}, ({ task, approval }) => {
  const build = task("build", async ({ status }) => {
    await status.set("artifact", "app-7");
    return "app-7";
  });
  const ok = approval("release", { asks: "Ship it?", roles: ["lead"], needs: { build } });
  return task("deploy", { needs: { ok } }, ({ needs }) => needs.ok.comment);
});

/** Fails as long as the environment says so. */
export const wobble = pipeline("wobble", {}, ({ task }) => {
  const load = task("load", () => "rows");
  const clean = task("clean", { needs: { load } }, ({ needs }) => {
    throw new Error(`the ${needs.load} are bad`);
  });
  return task("write", { needs: { clean } }, () => "written");
});
