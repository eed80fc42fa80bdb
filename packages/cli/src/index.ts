export {
  migrateServices,
  type OpenStore,
  openStore,
  type Roles,
  type Runtime,
  type RuntimeOptions,
  type Services,
  startRuntime,
} from "./compose.ts";
export { type Project, type ProjectOptions, toProject } from "./project/project.ts";
