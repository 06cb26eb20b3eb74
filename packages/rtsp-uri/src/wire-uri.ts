import { joinUri, resolveReference, splitUri } from "./uri-reference.js";

/** True for `scheme://…`. `track:1`, which RFC 3986 4.2 forbids but servers write, is a relative reference here. */
export function isAbsoluteUri(value: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(value);
}

/**
 * The form of a URI that goes on a request line (RFC 2326 3.2, RFC 7826 4.2): no userinfo, no fragment, no IPv6 zone,
 * transport schemes as `rtsp` or `rtsps`. Everything else stays octet for octet.
 */
export function wireUri(uri: string): string {
  const parts = splitUri(uri);
  const { scheme, authority } = parts;
  return joinUri({
    ...parts,
    // What only chooses a transport on our side: the server knows `rtsp` and `rtsps`.
    scheme: scheme?.replace(/^(rtsps?)[uth]$/i, (_, wire: string) => wire.toLowerCase()),
    authority: authority && wireAuthority(authority),
    fragment: undefined,
  });
}

function wireAuthority(authority: string): string {
  // The last @ counts: people type passwords with a raw @ (RFC 3986 3.2.1 wants %40).
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return host.replace(/^\[([^\]%]*)%[^\]]*\]/, "[$1]");
}

/** Resolve what a server wrote where a URI reference belongs, into wire form. A colon is a scheme's only before `//`. */
export function resolveControl(base: string, control: string): string {
  const isScheme = isAbsoluteUri(control) || splitUri(control).scheme === undefined;
  return wireUri(resolveReference(base, isScheme ? control : `./${control}`));
}
