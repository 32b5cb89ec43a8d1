/** The files of a folder, wherever they are: on a disk, or chosen in a page. What lies deeper has "/" in its name; "" is the folder itself. */
export interface Files {
  /** What messages call the folder. */
  readonly name: string;
  /** What messages call something in it. */
  pathOf(within: string): string;
  /** What is in a folder. Rejects with UserError for one that can't be read. */
  list(folder: string): Promise<Contents>;
  /** Why something that is no folder can't be read as a file; undefined for a file that can. */
  faultOf(file: string): Promise<string | undefined>;
  /** The bytes of a file, or the first `most` of them. Rejects with Unreadable. */
  read(file: string, most?: number): Promise<Uint8Array>;
}

/** Names of a folder's folders and of all else, in any order. */
export interface Contents {
  readonly folders: readonly string[];
  readonly others: readonly string[];
}

/** Why a file can't be read. The message is the reason, for whoever knows the file's name. */
export class Unreadable extends Error {
  override name = "Unreadable";
}
