import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allowedTargets, isAddressAllowed, PUBLIC_ONLY } from "./allowed-targets.ts";

describe("by themselves", () => {
  test.each([
    ["93.184.215.14", true],
    ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", true],
    ["127.0.0.1", false],
    ["10.0.0.1", false],
    ["172.16.0.1", false],
    ["172.32.0.1", true],
    ["192.168.1.1", false],
    ["100.64.0.1", false],
    ["169.254.169.254", false],
    ["224.0.0.1", false],
    ["255.255.255.255", false],
    ["0.0.0.0", false],
    ["::1", false],
    ["::", false],
    ["::ffff:93.184.215.14", true],
    ["::ffff:127.0.0.1", false],
    ["::7f00:1", false],
    ["64:ff9b::7f00:1", false],
    ["2002:7f00:1::", false],
    ["fe80::1", false],
    ["fe80::1%eth0", false],
    ["fd00:ec2::254", false],
    ["ff02::1", false],
    ["no address", false],
  ])("%s may be called: %s", (address, allowed) => {
    expect(isAddressAllowed(address, "host.example", PUBLIC_ONLY)).toBe(allowed);
  });
});

test.each([
  [["10.0.0.0/8"], "10.9.9.9", true],
  [["10.0.0.0/8"], "11.0.0.1", true],
  [["10.0.0.0/8"], "192.168.0.1", false],
  [["10.0.0.7"], "10.0.0.7", true],
  [["10.0.0.7"], "10.0.0.8", false],
  [["fd00::/8"], "fd12::1", true],
  [["host.example"], "10.0.0.1", true],
  [["other.example"], "10.0.0.1", false],
])("with %j allowed, %s may be called: %s", (entries, address, allowed) => {
  expect(isAddressAllowed(address, "host.example", allowedTargets(entries))).toBe(allowed);
});

test.each(["", "http://host", "10.0.0.0/33", "a b", "10.0.0", "host..name", "*"])(
  "the entry %j is refused",
  (entry) => {
    expect(() => allowedTargets([entry])).toThrow(/is no host, address or network/);
  },
);

test("no spelling of a private IPv4 address in IPv6 is public", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xff_ff_ff }), (low) => {
      const high = ((10 << 8) | (low >> 16)).toString(16);
      const rest = (low & 0xff_ff).toString(16);
      for (const prefix of ["::ffff:", "::", "64:ff9b::", "::ffff:0:"])
        expect(isAddressAllowed(`${prefix}${high}:${rest}`, "h", PUBLIC_ONLY)).toBe(false);
      expect(isAddressAllowed(`2002:${high}:${rest}::`, "h", PUBLIC_ONLY)).toBe(false);
    }),
  );
});
