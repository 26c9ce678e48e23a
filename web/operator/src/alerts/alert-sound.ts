const KEY = "hejnal.operator.alert-sound.v1";

/** Whether alerts may be heard here; on unless somebody switched it off on this browser. */
export function soundIsOn(storage: Storage): boolean {
  try {
    return storage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

export function keepSound(storage: Storage, on: boolean): void {
  try {
    storage.setItem(KEY, on ? "on" : "off");
  } catch {
    // The choice lasts for this visit.
  }
}

/** Two rising tones, a fourth apart: short, soft at its edges, unlike any other sound of the room. */
const TONES_HZ = [587.33, 783.99] as const;
const TONE_S = 0.22;

let context: AudioContext | null = null;

/** Plays the call. Resolves to false when the browser does not allow sound before the first press on the page. */
export async function playCall(): Promise<boolean> {
  if (typeof AudioContext === "undefined") return false;
  context ??= new AudioContext();
  if (context.state === "suspended") await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 300))]);
  if (context.state !== "running") return false;
  const start = context.currentTime + 0.02;
  for (const turn of [0, 1]) {
    for (const [index, hz] of TONES_HZ.entries()) {
      const from = start + turn * 0.75 + index * TONE_S;
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.type = "triangle";
      tone.frequency.value = hz;
      volume.gain.setValueAtTime(0, from);
      volume.gain.linearRampToValueAtTime(0.25, from + 0.03);
      volume.gain.setValueAtTime(0.25, from + TONE_S - 0.06);
      volume.gain.linearRampToValueAtTime(0, from + TONE_S);
      tone.connect(volume).connect(context.destination);
      tone.start(from);
      tone.stop(from + TONE_S);
    }
  }
  return true;
}
