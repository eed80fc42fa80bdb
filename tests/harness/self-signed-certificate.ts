import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export interface SelfSigned {
  readonly pem: string;
  readonly privateKey: KeyObject;
}

/**
 * An RSA certificate for `name`, signed with its own key, a new one unless it is given:
 * node:crypto can read, not make, certificates.
 */
export function selfSigned(
  name: string,
  fromMs: number,
  toMs: number,
  privateKey: KeyObject = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey,
): SelfSigned {
  const publicKey = createPublicKey(privateKey);
  const algorithm = Buffer.from("300d06092a864886f70d01010b0500", "hex"); // sha256WithRSAEncryption
  const commonName = der(0x30, Buffer.from("0603550403", "hex"), der(0x0c, Buffer.from(name)));
  const subject = der(0x30, der(0x31, commonName));
  const toBeSigned = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.from([1])), // serial number
    algorithm,
    subject,
    der(0x30, generalizedTime(fromMs), generalizedTime(toMs)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = sign("sha256", toBeSigned, privateKey);
  const bytes = der(0x30, toBeSigned, algorithm, der(0x03, Buffer.from([0]), signature));
  const base64 = bytes.toString("base64").replaceAll(/.{64}/g, "$&\n");
  return {
    pem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    privateKey,
  };
}

function generalizedTime(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return der(0x18, Buffer.from(text));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const contents = Buffer.concat(parts);
  const { length } = contents;
  const head = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), contents]);
}
