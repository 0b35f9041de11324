// Scanning by camera: the browser's BarcodeDetector where there is one, else the same interface in wasm, loaded when first needed and from our own address.

import type { RawScan } from './stroke.ts';
import { scanOf } from './stroke.ts';

const FORMATS = ['code_128', 'data_matrix', 'qr_code', 'code_39', 'itf', 'ean_13'] as const;
const EVERY_MS = 100;

type Detector = { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> };
type DetectorClass = { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<readonly string[]> };

/** `wasm_url`: where the page serves zxing-wasm 3.1.3's zxing_reader.wasm. */
async function detector(wasm_url: string): Promise<Detector> {
  const native = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  const supported = native ? await native.getSupportedFormats() : [];
  if (native && supported.includes('code_128') && supported.includes('data_matrix'))
    return new native({ formats: [...FORMATS].filter((format) => supported.includes(format)) });
  const { BarcodeDetector, prepareZXingModule } = await import('barcode-detector/ponyfill');
  prepareZXingModule({ overrides: { locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? wasm_url : prefix + path) } });
  return new BarcodeDetector({ formats: [...FORMATS] });
}

/**
 * Shows the rear camera in `video` and hands over what it reads: each text once while it stays in view. Rejects when the person or
 * the system refuses the camera. Returns how to stop.
 */
export async function openCamera(video: HTMLVideoElement, onScan: (scan: RawScan) => void, wasm_url: string): Promise<() => void> {
  const detect = await detector(wasm_url);
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } }, audio: false });
  video.srcObject = stream;
  video.playsInline = true;
  await video.play();
  let running = true;
  let inView = '';
  const look = async (): Promise<void> => {
    const [code] = await detect.detect(video).catch(() => []);
    if (!running) return;
    if (code && code.rawValue !== inView) onScan(scanOf(code.rawValue, 'camera', performance.now()));
    inView = code?.rawValue ?? '';
    setTimeout(() => void look(), EVERY_MS);
  };
  void look();
  return () => {
    running = false;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
}
