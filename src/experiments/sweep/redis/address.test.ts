import { describe, expect, it } from "vitest";
import { UserError } from "../../../errors.ts";
import { addressOf, databaseOf, shownAddress, withoutUser } from "./address.ts";

/** What addressOf says of an address; undefined where it takes it. */
function said(url: unknown): string | undefined {
  try {
    addressOf("x: --redis", url);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
}

describe("an address of Redis", () => {
  it("names a host, and a database by its number", () => {
    const databases = { "": 0, "/": 0, "/0": 0, "/1": 1, "/15": 15, "/99": 99 };
    for (const [end, number] of Object.entries(databases))
      expect(databaseOf(addressOf("x", `redis://h${end}`))).toBe(number);
    for (const end of ["/-1", "/abc", "/1.5", "/01", "/1e3", "/1/2", "//1", "/1234567", "/%31"])
      expect(said(`redis://h${end}`)).toMatch(/^x: --redis may end with the number of a database/);
    for (const url of [
      "h:1",
      "http://h",
      "redis://",
      "redis:/h",
      "",
      "redis://h:0",
      "redis://h:70000",
      "redis://a b",
      5,
    ])
      expect(said(url)).toMatch(/^x: --redis must /);
  });

  it("takes nothing behind ? or #, where ioredis would find options and a password its end", () => {
    for (const end of ["?db=3", "/?password=Sesame", "#x", "/1?", "?keyPrefix=x"])
      expect(said(`redis://h${end}`)).toMatch(/must have no \? and no #/);
    expect(said("redis://:100%Sesame@h")).toMatch(/must have % in a user or password as %25/);
    expect(said("redis://:100%25Sesame@h")).toBeUndefined();
  });

  it("is shown without user and password, also where it can't be read", () => {
    const secrets = [
      ...["redis://:S3same@h:1/2", "redis://u:S3same@h:1", "rediss://S3same@h", "redis://:wr#S3same@h:1"],
      ...["redis://u:S3same/x@h:1", "redis://u:12#S3same@h", "redis://u:a@S3same@h", "http://u:S3same@h"],
      ...["redis://:S3same", "redis://h:S3same", "u:S3same@h", ":S3same@h", "redis:u:S3same@h", "redis:/u:S3same@h"],
      ...[
        "redis://h/?password=S3same",
        "redis://h#S3same",
        "redis://u:%S3same@h",
        "redis://u:S3same@[::1",
        "//u:S3same@h",
      ],
      ...["redis://u:S3same@h/x", "redis://u:S3same@h:99999", "redis://u:S3sa\nme@h", "--redis=redis://u:S3same@h"],
    ];
    for (const url of secrets) {
      expect(withoutUser(url)).not.toMatch(/S3sa|same/);
      const refused = said(url);
      if (refused === undefined) expect(shownAddress({ url })).not.toContain("S3same");
      else expect(refused).not.toMatch(/S3sa|same/);
    }
    expect(withoutUser("redis://u:p@h:1/2")).toBe("redis://h:1/2");
    expect(withoutUser("redis://[::1]:6379/2")).toBe("redis://[::1]:6379/2");
    expect(withoutUser("127.0.0.1:6379")).toBe("127.0.0.1:6379");
    expect(withoutUser("--redis=redis://u:p@h")).toBe("--redis=redis://h");
    expect(shownAddress({ url: "rediss://u:p@h:1/" })).toBe("rediss://h:1");
  });
});
