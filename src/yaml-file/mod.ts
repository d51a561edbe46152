export { clause, parseBySchema } from "./parse-by-schema.ts";
export { attempt, parsedText } from "./parsed-text.ts";
export { quickValue } from "./quick-value.ts";
export { parseYamlDocument, type YamlDocument, type YamlFile } from "./yaml-document.ts";
export { type FieldPath, type Position, YamlFileError } from "./yaml-file-error.ts";
