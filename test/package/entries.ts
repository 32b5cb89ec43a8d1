// The declarations of every entry, as a strict project outside of the checkout reads them: nothing but what is installed is needed.
export type * as library from "heaviside";
export type * as data from "heaviside/data";
export type * as engine from "heaviside/engine";
export type * as inference from "heaviside/inference";
export type * as measure from "heaviside/measure";
export type * as report from "heaviside/report";
export type * as testing from "heaviside/testing";
