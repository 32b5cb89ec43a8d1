// jpeg-js without what writes JPEG, which the page never does.
import decode from "jpeg-js/lib/decoder.js";

export default { decode };
