/** What the address says after `#`: a token to sign in with, or the incident that is open. */

export function tokenInFragment(hash: string): string | null {
  return parameter(hash, "token");
}

export function incidentInFragment(hash: string): string | null {
  return parameter(hash, "incident");
}

export function incidentFragment(id: string): string {
  return `#${new URLSearchParams({ incident: id }).toString()}`;
}

function parameter(hash: string, name: string): string | null {
  const value = new URLSearchParams(hash.replace(/^#/, "")).get(name);
  return value === null || value === "" ? null : value;
}
