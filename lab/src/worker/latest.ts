import { pause } from "../../../src/train/pause.ts";

/**
 * Answers the latest question of a port: one at a time, and the newest of those that came meanwhile. `answer` asks `isLatest` after each
 * piece of work, and ends early where it no longer is. `failed` gets the sentence of what was thrown.
 */
export function answerLatest<Question>(
  port: MessagePort,
  answer: (question: Question, isLatest: () => Promise<boolean>) => Promise<void>,
  failed: (message: string) => void,
): void {
  let latest: Question | undefined;
  let working = false;
  const work = async (): Promise<void> => {
    working = true;
    for (let question = latest; question !== undefined; question = latest === question ? undefined : latest) {
      try {
        await answer(question, async () => {
          await pause();
          return latest === question;
        });
      } catch (error) {
        failed(error instanceof Error ? error.message : String(error));
      }
    }
    working = false;
  };
  port.onmessage = ({ data }: MessageEvent<Question>) => {
    latest = data;
    if (!working) void work();
  };
}
