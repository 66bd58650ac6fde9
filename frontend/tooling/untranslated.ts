/**
 * Finds texts of the page that no catalogue can translate: words between tags, in attributes that
 * are read, and strings that look like words, outside of Lingui's macros.
 */
import { parseSync } from "vite";

/** A text, and its line. */
export interface Untranslated {
  readonly line: number;
  readonly text: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

/** Attributes that are read, or heard. */
const READ = new Set(["title", "alt", "placeholder", "label", "aria-label", "text"]);
/** Attributes, properties and functions whose texts are for programs. */
const PROGRAM_ATTRIBUTE =
  /^(?:className|key|id|type|role|href|d|style|points|viewBox|transform|rel|autoComplete|src|accept|variant|align|aria-(?:haspopup|keyshortcuts|live)|data-.*)$/;
const PROGRAM_PROPERTY = /^(?:id|unit|kind|type|key|param|style|font|path|method|query|mode)$/;
const PROGRAM_CALL =
  /^(?:querySelector(?:All)?|closest|matchMedia|getPropertyValue|(?:add|remove)EventListener|startsWith|endsWith|includes|split|join|exec|test|match|get|set|write|read|(?:Type)?Error|UploadRefused|RegExp|Set)$/;
const MACROS = /^(?:t|msg|plural|select|selectOrdinal)$/;
const UNREAD_TAGS = /^(?:code|kbd|svg|Trans|Plural)$/;
const TYPES = /^(?:typeAnnotation|returnType|typeArguments|typeParameters)$/;
/** Part of a tree that holds types, or names of modules. */
const NO_VALUE = /^(?:Import|ExportAll|TS(?:Type|Interface))/;
/** Two words, or one that begins like a title, or a piece of a sentence. */
const WORDS =
  /\p{L}{2,},? \p{L}|\p{L},? \p{L}{2,}|^\p{Lu}\p{Ll}+(?:[ …:.]|$)|^[^\w]*\p{L}{3,} |\p{L}… ?$|\p{L}{3,}: ?$/u;
/** Markup, and names of keys, headers and products, which are the same in every language. */
const NAME =
  /^(?:<\w+ .*|Arrow\w+|Enter|Escape|Esc|Home|End|Tab|Meta|Control|Authorization|Bearer .*|Content-Type|Tus-.*|Upload-.*|filename .*|SalesRep|OperationDefinition|Field|Slack|Webhook|shx_…|\W*ShopX.*|\W*SHA-256.*|\W*px\W*)$/;

export function untranslated(code: string, file: string): readonly Untranslated[] {
  const found: Untranslated[] = [];
  const take = (text: string, { start }: Node, isRead = false) => {
    const isText = /\p{L}{2}/u.test(text) && (isRead || WORDS.test(text));
    if (isText && !NAME.test(text)) {
      found.push({ line: code.slice(0, start).split("\n").length, text: text.trim() });
    }
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (isNode(value)) visitNode(value);
  };
  const visitNode = (node: Node): void => {
    const parts = partsOf(node);
    if (typeof parts === "string") take(parts, node);
    else visit(parts);
    if (node.type === "JSXText") take(String(node.value), node, true);
    if (node.type === "TemplateLiteral") visit(node.expressions);
    if (node.type === "JSXAttribute" && READ.has(nameOf(node.name))) {
      const { value } = node;
      if (isNode(value) && typeof value.value === "string") take(value.value, node, true);
    }
  };
  visit(parseSync(file, code, { lang: "tsx" }).program.body);
  return found;
}

/** What of a node may hold texts: its own text, or the nodes to look into. */
function partsOf(node: Node): unknown {
  if (NO_VALUE.test(node.type)) return [];
  switch (node.type) {
    case "TaggedTemplateExpression":
      return MACROS.test(nameOf(node.tag)) ? [] : node.quasi;
    case "CallExpression":
    case "NewExpression": {
      const name = nameOf(node.callee);
      if (MACROS.test(name)) return [];
      const parts = node.arguments as readonly Node[];
      return PROGRAM_CALL.test(name)
        ? parts.filter((part) => !isText(part))
        : [node.callee, ...parts];
    }
    case "BinaryExpression":
      return [node.left, node.right].filter((part) => !isText(part));
    case "SwitchCase":
      return node.consequent;
    case "Property":
      return PROGRAM_PROPERTY.test(nameOf(node.key)) ? [] : node.value;
    case "JSXAttribute":
      if (PROGRAM_ATTRIBUTE.test(nameOf(node.name))) return [];
      return READ.has(nameOf(node.name)) ? expressionOf(node.value) : node.value;
    case "JSXElement": {
      const opening = node.openingElement as Node;
      const isUnread = UNREAD_TAGS.test(nameOf(opening.name));
      return isUnread ? opening.attributes : [opening.attributes, node.children];
    }
    case "Literal":
      return typeof node.value === "string" ? node.value : [];
    case "TemplateLiteral":
      return textOf(node);
    case "JSXText":
      return [];
    default:
      return Object.entries(node)
        .filter(([name]) => !TYPES.test(name))
        .map(([, value]) => value);
  }
}

/** An attribute's value where it is an expression; nothing where it is a plain text. */
function expressionOf(value: unknown): unknown {
  return isNode(value) && value.type === "Literal" ? [] : value;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

function isText(node: unknown): boolean {
  return isNode(node) && (node.type === "Literal" || node.type === "TemplateLiteral");
}

function textOf(node: Node): string {
  const quasis = node.quasis as readonly { readonly value: { readonly cooked: string } }[];
  return quasis.map(({ value }) => value.cooked).join("{}");
}

/** The last name of an identifier or a path: "querySelector" of `document.querySelector`. */
function nameOf(node: unknown): string {
  if (!isNode(node)) return "";
  if (node.type === "MemberExpression") return nameOf(node.property);
  if (node.type === "Literal") return String(node.value);
  return typeof node.name === "string" ? node.name : "";
}
