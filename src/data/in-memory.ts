import { type Data, NdArray, sizeOf } from "../graph/index.ts";
import { type Dataset, isStreamed, mapFields, type TrainingData } from "./dataset.ts";
import { batchesOf } from "./stream.ts";

/** Which part of a stream is kept. */
export interface InMemory {
  /** The most bytes (default: 64 MiB). */
  readonly bytes?: number;
  /** The training's seed (default: 0). */
  readonly seed?: number;
}

const ROWS = 256;

/**
 * The data set with the first examples of its stream in memory, for what has to look at training examples again and again. A data set without a
 * stream is returned as it is. Rejects with UserError for batches that aren't as the stream's fields say.
 */
export async function inMemory<Name extends string>(
  data: TrainingData<Name>,
  { bytes = 2 ** 26, seed = 0 }: InMemory = {},
): Promise<Dataset<Name>> {
  const { train } = data;
  if (!isStreamed(train)) return { ...data, train };
  const { fields } = data;
  const widths = mapFields(fields, ({ shape }) => sizeOf(shape));
  const each = 4 * Object.values<number>(widths).reduce((sum, width) => sum + width, 0);
  const most = Math.min(train.size ?? Number.POSITIVE_INFINITY, Math.max(1, Math.floor(bytes / each)));
  const parts = mapFields(fields, (): Data[] => []);
  let rows = 0;
  // In one row, a stream of a text is in the order of the text.
  const size = train.contiguous ? 1 : Math.min(ROWS, most);
  for await (const batch of batchesOf(`data: ${data.name}`, train, { epoch: 1, size, seed })) {
    const taken = Math.min(batch.size, most - rows);
    for (const name of Object.keys(fields) as Name[])
      parts[name].push(batch.fields[name].data.slice(0, taken * widths[name]));
    rows += taken;
    if (rows >= most) break;
  }
  const joined = mapFields(fields, ({ shape, dtype }, name) => {
    const whole = NdArray.zeros([rows, ...shape], dtype);
    let at = 0;
    for (const part of parts[name]) {
      whole.data.set(part, at);
      at += part.length;
    }
    return whole;
  });
  const note = `${data.splitNote} Of the stream, the first ${rows} examples of epoch 1 with training seed ${seed} are in memory.`;
  return { ...data, splitNote: note, train: { name: "train", size: rows, fields: joined } };
}
