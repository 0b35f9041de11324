// Scanning by camera: the browser's BarcodeDetector where there is one, else the same interface in plain script, loaded when first needed.

import type { RawScan } from './stroke.ts';
import { scanOf } from './stroke.ts';

const FORMATS = ['code_128', 'data_matrix', 'qr_code', 'code_39', 'itf', 'ean_13'] as const;
const EVERY_MS = 100;

type Detector = { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> };
type DetectorClass = { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<readonly string[]> };

async function detector(): Promise<Detector> {
  const native = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  const supported = native ? await native.getSupportedFormats() : [];
  if (native && supported.includes('code_128') && supported.includes('data_matrix'))
    return new native({ formats: [...FORMATS].filter((format) => supported.includes(format)) });
  return inScript();
}

/** In plain script, because WebAssembly would need a hole in our Content-Security-Policy. */
async function inScript(): Promise<Detector> {
  const { BarcodeFormat, BinaryBitmap, DecodeHintType, HybridBinarizer, MultiFormatReader, RGBLuminanceSource } =
    await import('@zxing/library');
  const { CODE_128, DATA_MATRIX, QR_CODE, CODE_39, ITF, EAN_13 } = BarcodeFormat;
  const reader = new MultiFormatReader();
  reader.setHints(new Map([[DecodeHintType.POSSIBLE_FORMATS, [CODE_128, DATA_MATRIX, QR_CODE, CODE_39, ITF, EAN_13]]]));
  const canvas = new OffscreenCanvas(1, 1);
  return {
    async detect(video) {
      [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
      const context = canvas.getContext('2d', { willReadFrequently: true });
      if (!context || canvas.width === 0) return [];
      context.drawImage(video, 0, 0);
      const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
      const grey = new Uint8ClampedArray(width * height);
      for (let i = 0; i < grey.length; i++) grey[i] = ((data[4 * i] ?? 0) * 3 + (data[4 * i + 1] ?? 0) * 6 + (data[4 * i + 2] ?? 0)) / 10;
      try {
        return [
          {
            rawValue: reader.decodeWithState(new BinaryBitmap(new HybridBinarizer(new RGBLuminanceSource(grey, width, height)))).getText(),
          },
        ];
      } catch {
        return [];
      }
    },
  };
}

/**
 * Shows the rear camera in `video` and hands over what it reads: each text once while it stays in view. Rejects when the person or
 * the system refuses the camera. Returns how to stop.
 */
export async function openCamera(video: HTMLVideoElement, onScan: (scan: RawScan) => void): Promise<() => void> {
  const detect = await detector();
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
