/**
 * The body of an answer.
 *
 * @param bytesMax - Reading stops there.
 * @returns `isCut` when there was more.
 */
export async function readBody(
  response: Response,
  bytesMax: number,
): Promise<{ readonly bytes: Uint8Array; readonly isCut: boolean }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop cancels the rest.
    if (bytes > bytesMax) break;
  }
  const isCut = bytes > bytesMax;
  return { bytes: Buffer.concat(chunks).subarray(0, bytesMax), isCut };
}
