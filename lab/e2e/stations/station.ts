import type { Page } from "playwright-core";
import type { OpenOptions } from "../site.ts";

/** The lab in a browser, for the tests of its stations. */
export interface Lab {
  /** The address of the page. */
  readonly url: string;
  /** The same page where MNIST is a few digits, for what holds of any digits, their folder, and what a command reads them by. */
  readonly few: { readonly url: string; readonly dir: string; readonly words: readonly string[] };
  /** The built page. */
  readonly site: string;
  /** A folder for what a test writes. */
  readonly folder: string;
  /** Opens the page with a hash, such as "#neuron.a=2", and gives it with everything that it says in the console. */
  open(hash?: string, options?: OpenOptions): Promise<{ page: Page; said: string[] }>;
}

/** What is tested of a station, and how its picture is taken. */
export interface StationTest {
  /** As in the table of stations. */
  readonly id: string;
  /** Its settings in the picture, as the address has them: "train.hidden=100&train.epochs=6". */
  readonly picture: string;
  /** Does what a user does first, and waits for the result: what axe checks and the picture shows. */
  ready(page: Page): Promise<void>;
  /** Settings with which `ready` is quick, for the checks that all stations have. */
  readonly quick: string;
  /** Its own tests. */
  tests(lab: () => Lab): void;
}
