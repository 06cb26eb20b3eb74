/** The five components of a URI reference (RFC 3986 3). `undefined` and empty differ: `?` alone is an empty query. */
export interface UriReference {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

// RFC 3986 appendix B, with the scheme narrowed to its grammar (3.1) so that `1:2` is a path.
const COMPONENTS =
  /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

/** Split a URI or a relative reference into its components. Never fails: every string is a reference. */
export function splitUri(reference: string): UriReference {
  // Every part of the pattern is optional, so there is always a match.
  const [, scheme, authority, path, query, fragment] = COMPONENTS.exec(reference) as unknown as [
    string,
    string | undefined,
    string | undefined,
    string,
    string | undefined,
    string | undefined,
  ];
  return { scheme, authority, path, query, fragment };
}

/** Put components together again (RFC 3986 5.3); the inverse of {@link splitUri}. */
export function joinUri(parts: UriReference): string {
  let uri = "";
  if (parts.scheme !== undefined) uri += `${parts.scheme}:`;
  if (parts.authority !== undefined) uri += `//${parts.authority}`;
  uri += parts.path;
  if (parts.query !== undefined) uri += `?${parts.query}`;
  if (parts.fragment !== undefined) uri += `#${parts.fragment}`;
  return uri;
}

/**
 * Resolve `reference` against the absolute URI `base` (RFC 3986 5.2, strict: `http:g` is absolute).
 * Every octet that is not a dot segment is kept: no case change, no decoding, no re-encoding.
 */
export function resolveReference(base: string, reference: string): string {
  const r = splitUri(reference);
  if (r.scheme !== undefined) return joinUri({ ...r, path: removeDotSegments(r.path) });
  const b = splitUri(base);
  const { scheme } = b;
  const { fragment } = r;
  if (r.authority !== undefined) return joinUri({ ...r, scheme, path: removeDotSegments(r.path) });
  if (r.path === "") {
    // The base path stays as it is, dot segments included; RFC 2396 5.2 would have cut its last segment.
    return joinUri({ ...b, query: r.query ?? b.query, fragment });
  }
  const path = removeDotSegments(r.path.startsWith("/") ? r.path : mergePaths(b, r.path));
  return joinUri({ scheme, authority: b.authority, path, query: r.query, fragment });
}

/** RFC 3986 5.2.3. */
function mergePaths(base: UriReference, path: string): string {
  if (base.authority !== undefined && base.path === "") return `/${path}`;
  return base.path.slice(0, base.path.lastIndexOf("/") + 1) + path;
}

/** RFC 3986 5.2.4 in linear time. Empty segments are segments: `//` survives. */
function removeDotSegments(path: string): string {
  if (!path.includes(".")) return path;
  const output: string[] = [];
  let at = 0;
  while (at < path.length) {
    if (path.startsWith("../", at)) at += 3;
    else if (path.startsWith("./", at) || path.startsWith("/./", at)) at += 2;
    else if (path.startsWith("/../", at)) {
      at += 3;
      output.pop();
    } else {
      const next = path.indexOf("/", at + 1);
      const end = next === -1 ? path.length : next;
      const segment = path.slice(at, end);
      at = end;
      if (segment === "/.") output.push("/");
      else if (segment === "/..") {
        output.pop();
        output.push("/");
      } else if (segment !== "." && segment !== "..") output.push(segment);
    }
  }
  return output.join("");
}
