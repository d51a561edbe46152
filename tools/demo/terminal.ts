/** Source: no-color.org. */
const hasColours = process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "";

const paint =
  (code: number) =>
  (text: string): string =>
    hasColours ? `\x1b[${code}m${text}\x1b[0m` : text;

/** Text in a colour, where there are colours. */
export const colour = { green: paint(32), yellow: paint(33), red: paint(31), bold: paint(1), dim: paint(2) };

export const print = (line = ""): void => void process.stdout.write(`${line}\n`);

/** Shows a line while something goes on, and `body`'s in its place when that is done. */
export async function replaceLine<T>(
  meanwhile: string,
  body: () => Promise<T>,
  format: (result: T) => string,
): Promise<T> {
  if (process.stdout.isTTY !== true) {
    const result = await body();
    print(format(result));
    return result;
  }
  process.stdout.write(meanwhile);
  try {
    const result = await body();
    process.stdout.write(`\r\x1b[K${format(result)}\n`);
    return result;
  } catch (error) {
    process.stdout.write("\n");
    throw error;
  }
}
