import type { NewCamera, RegisteredCamera } from "../api/registry.ts";

export interface Place {
  readonly lat: number;
  readonly lon: number;
}

export interface Cone {
  readonly azimuthDeg: number;
  readonly angleDeg: number;
  readonly rangeM: number;
}

/** A camera's registration while somebody writes it; numbers are NaN while their field is empty. */
export interface CameraForm {
  readonly cameraId: string;
  readonly name: string;
  readonly place: Place | null;
  readonly address: string;
  readonly mainUrl: string;
  readonly subUrl: string;
  readonly groups: readonly string[];
  readonly recorded: boolean;
  readonly recordedStream: "main" | "sub";
  readonly keepDays: number;
  readonly priority: "low" | "normal" | "high";
  readonly diskSharePercent: number | null;
  readonly recordAudio: boolean;
  readonly cone: Cone | null;
  readonly purpose: string;
  readonly isPublic: boolean;
  readonly restricted: boolean;
  readonly enabled: boolean;
  readonly onvifUrl: string;
  readonly mainProfile: string;
  readonly subProfile: string;
  readonly allowClockSet: boolean;
  readonly allowGopSet: boolean;
  readonly cardRecording: boolean;
  readonly masks: RegisteredCamera["privacy_masks"];
}

export const FIRST_CONE: Cone = { azimuthDeg: 0, angleDeg: 60, rangeM: 60 };
export const MOST_RANGE_M = 5_000;

export const EMPTY_CAMERA: CameraForm = {
  cameraId: "",
  name: "",
  place: null,
  address: "",
  mainUrl: "",
  subUrl: "",
  groups: [],
  recorded: true,
  recordedStream: "main",
  keepDays: 30,
  priority: "normal",
  diskSharePercent: null,
  recordAudio: false,
  cone: null,
  purpose: "",
  isPublic: true,
  restricted: false,
  enabled: true,
  onvifUrl: "",
  mainProfile: "",
  subProfile: "",
  allowClockSet: false,
  allowGopSet: false,
  cardRecording: false,
  masks: [],
};

export function formOf(camera: RegisteredCamera): CameraForm {
  const url = (name: "main" | "sub") => camera.streams.find((stream) => stream.name === name)?.url ?? "";
  const { recording, view_cone: cone, onvif } = camera;
  return {
    cameraId: camera.camera_id,
    name: camera.name,
    place: camera.place,
    address: camera.address,
    mainUrl: url("main"),
    subUrl: url("sub"),
    groups: camera.groups,
    recorded: recording.enabled,
    recordedStream: recording.stream,
    keepDays: recording.keep_days,
    priority: recording.priority,
    diskSharePercent: recording.disk_share_percent ?? null,
    recordAudio: recording.record_audio,
    cone: cone === null || cone === undefined ? null : { azimuthDeg: cone.azimuth_deg, angleDeg: cone.angle_deg, rangeM: cone.range_m },
    purpose: camera.purpose,
    isPublic: camera.public,
    restricted: camera.restricted,
    enabled: camera.enabled,
    onvifUrl: onvif?.url ?? "",
    mainProfile: onvif?.main_profile ?? "",
    subProfile: onvif?.sub_profile ?? "",
    allowClockSet: onvif?.allow_clock_set ?? false,
    allowGopSet: onvif?.allow_gop_set ?? false,
    cardRecording: onvif?.card_recording ?? false,
    masks: camera.privacy_masks,
  };
}

export const FAULTS = ["cameraId", "name", "place", "mainUrl", "subUrl", "keepDays", "diskShare", "cone", "onvifUrl", "recordedStream"] as const;
export type CameraFault = (typeof FAULTS)[number];

const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** An address without an account in it: that has fields of its own, which are never shown again. */
const STREAM_URL = /^[a-z][a-z0-9+.-]*:\/\/[^@\s]+$/;
const ONVIF_URL = /^https?:\/\/[^@\s/?#]+(\/[^@\s]*)?$/;

/** What keeps the form from being saved, in the order of its fields. */
export function faultsOf(form: CameraForm): readonly CameraFault[] {
  const within = (value: number, least: number, most: number) => value >= least && value <= most;
  const wrong: Readonly<Record<CameraFault, boolean>> = {
    cameraId: !ID.test(form.cameraId),
    name: form.name.trim() === "" || form.name.trim().length > 120,
    place: form.place === null,
    mainUrl: !STREAM_URL.test(form.mainUrl.trim()),
    subUrl: form.subUrl.trim() !== "" && !STREAM_URL.test(form.subUrl.trim()),
    keepDays: form.recorded && !(Number.isInteger(form.keepDays) && within(form.keepDays, 1, 90)),
    diskShare: form.recorded && form.diskSharePercent !== null && !(form.diskSharePercent > 0 && form.diskSharePercent <= 100),
    cone: form.cone !== null && !(within(form.cone.azimuthDeg, 0, 359.999) && form.cone.angleDeg > 0 && form.cone.angleDeg <= 360 && form.cone.rangeM > 0 && form.cone.rangeM <= MOST_RANGE_M),
    onvifUrl: form.onvifUrl.trim() !== "" && !ONVIF_URL.test(form.onvifUrl.trim()),
    recordedStream: form.recorded && form.recordedStream === "sub" && form.subUrl.trim() === "",
  };
  return FAULTS.filter((fault) => wrong[fault]);
}

/** The form as the registry takes it. @throws Error when `faultsOf` still finds something */
export function registrationOf(form: CameraForm): Omit<NewCamera, "camera_id" | "credentials"> {
  if (form.place === null) throw new Error("a camera without a place cannot be saved");
  const { cone } = form;
  const streams = [{ name: "main" as const, url: form.mainUrl.trim() }];
  const sub = form.subUrl.trim();
  return {
    name: form.name.trim(),
    place: form.place,
    address: form.address.trim(),
    streams: sub === "" ? streams : [...streams, { name: "sub" as const, url: sub }],
    groups: [...form.groups],
    privacy_masks: [...form.masks],
    recording: {
      enabled: form.recorded,
      stream: form.recordedStream,
      keep_days: form.keepDays,
      priority: form.priority,
      disk_share_percent: form.diskSharePercent,
      record_audio: form.recordAudio,
    },
    view_cone: cone === null ? null : { azimuth_deg: cone.azimuthDeg, angle_deg: cone.angleDeg, range_m: cone.rangeM },
    purpose: form.purpose.trim(),
    public: form.isPublic,
    restricted: form.restricted,
    enabled: form.enabled,
    onvif:
      form.onvifUrl.trim() === ""
        ? null
        : {
            url: form.onvifUrl.trim(),
            main_profile: form.mainProfile.trim(),
            sub_profile: form.subProfile.trim(),
            allow_clock_set: form.allowClockSet,
            allow_gop_set: form.allowGopSet,
            card_recording: form.cardRecording,
          },
  };
}

/** "Rynek 4, wieża" → `rynek-4-wieza`: a first suggestion for the id. */
export function suggestedId(name: string): string {
  return name
    .toLocaleLowerCase("pl")
    .replaceAll("ł", "l")
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 63);
}
