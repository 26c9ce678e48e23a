export const ROLES = ["operator", "dispatcher", "editor", "clerk", "dpo", "admin"] as const;
export type Role = (typeof ROLES)[number];

/**
 * Who may do what, as the gateway decides it (`hejnal_gateway.accounts.roles`). Here it only keeps the console from
 * offering what would be refused, and says who may; the gateway's word is the one that counts.
 */
const ALLOWED = {
  watchLive: ["operator", "dispatcher", "admin"],
  seeTimeline: ["operator", "dispatcher", "dpo", "admin"],
  playBack: ["operator", "dispatcher", "dpo"],
  export: ["operator", "dpo", "admin"],
  approveExport: ["dpo", "admin"],
  seeCameras: ["operator", "dispatcher", "dpo", "admin"],
  probeCameras: ["admin"],
  keepCameras: ["admin"],
  deleteFootage: ["dpo", "admin"],
  keepPtz: ["dispatcher", "admin"],
  keepAccounts: ["admin"],
  seeAccounts: ["dpo", "admin"],
  readAlerts: ["operator", "dispatcher", "admin"],
  workOnAlerts: ["operator", "dispatcher", "admin"],
  markFootage: ["operator", "admin"],
  keepAlertRules: ["admin"],
  readReports: ["operator", "dispatcher", "clerk", "editor", "admin"],
  answerReports: ["clerk", "editor", "admin"],
  keepReportCategories: ["editor", "admin"],
  keepOpen311: ["admin"],
  readAnnouncements: ["editor", "dispatcher", "operator", "clerk", "admin"],
  writeAnnouncements: ["editor", "admin"],
  seeDrafts: ["editor", "dispatcher", "operator", "clerk", "admin"],
  approveAnnouncements: ["editor", "dispatcher", "admin"],
  readConsultations: ["clerk", "editor", "admin"],
  writeConsultations: ["editor", "admin"],
  workOnConsultations: ["clerk", "editor", "admin"],
  seeSending: ["editor", "dispatcher", "admin"],
  importResidents: ["dpo", "admin"],
  findResidents: ["dpo"],
  handleFootageRequests: ["dpo"],
  readAudit: ["dpo", "admin"],
} as const satisfies Record<string, readonly Role[]>;

export type Act = keyof typeof ALLOWED;

export function may(role: Role, act: Act): boolean {
  return (ALLOWED[act] as readonly Role[]).includes(role);
}

export function rolesAllowed(act: Act): readonly Role[] {
  return ALLOWED[act];
}

/** Where each role's day begins. Nobody is taken to footage they did not ask for: looking is on record. */
export const FIRST_PAGE: Readonly<Record<Role, string>> = {
  operator: "/wall",
  dispatcher: "/wall",
  editor: "/announcements",
  clerk: "/reports",
  dpo: "/audit",
  admin: "/cameras",
};
