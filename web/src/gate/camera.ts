// camera.ts - the camera, from an explicit start to an explicit end. Nothing here runs
// before somebody pressed start; close() ends every track and empties the canvases.
import { look, toGrey, type Grey, type Sight } from './see';

const small = { width: 160, height: 120 };
/** Larger pictures cost time on the network and tell the service no more. */
const longest = 960;

export class Camera {
  private before: Grey | null = null;
  private readonly little = document.createElement('canvas');
  private readonly large = document.createElement('canvas');

  private constructor(private readonly stream: MediaStream, readonly video: HTMLVideoElement) {}

  /** Asks for the camera. Throws what getUserMedia throws. */
  static async open(video: HTMLVideoElement, device: string | null): Promise<Camera> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: false,
      video: { width: { ideal: 1280 }, height: { ideal: 720 }, ...(device ? { deviceId: { ideal: device } } : { facingMode: 'user' }) } });
    const camera = new Camera(stream, video);
    try {
      video.srcObject = stream;
      await video.play();
    } catch (e) {
      camera.close();
      throw e;
    }
    return camera;
  }

  /** The camera was unplugged or taken away. */
  onLost(tell: () => void): void {
    for (const track of this.stream.getTracks()) track.addEventListener('ended', tell);
  }

  get ready(): boolean {
    return this.video.videoWidth > 0 && this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
  }

  /** The part of the frame with the shape of `small`, from its middle. */
  private middle(): [number, number, number, number] {
    const { videoWidth: w, videoHeight: h } = this.video, shape = small.width / small.height;
    const width = Math.min(w, h * shape), height = Math.min(h, w / shape);
    return [(w - width) / 2, (h - height) / 2, width, height];
  }

  /** A look at the present frame. */
  sight(): Sight {
    Object.assign(this.little, small);
    const context = this.little.getContext('2d', { willReadFrequently: true })!;
    context.drawImage(this.video, ...this.middle(), 0, 0, small.width, small.height);
    const grey = toGrey(context.getImageData(0, 0, small.width, small.height).data, small.width, small.height);
    const sight = look(grey, this.before);
    this.before = grey;
    return sight;
  }

  private draw(): CanvasRenderingContext2D {
    const { videoWidth: w, videoHeight: h } = this.video, scale = Math.min(1, longest / Math.max(w, h));
    this.large.width = Math.round(w * scale);
    this.large.height = Math.round(h * scale);
    const context = this.large.getContext('2d', { willReadFrequently: true })!;
    context.drawImage(this.video, 0, 0, this.large.width, this.large.height);
    return context;
  }

  /** The present frame as a JPEG. */
  shot(): Promise<Blob> {
    this.draw();
    return new Promise((resolve, reject) => {
      this.large.toBlob((b) => {
        this.large.width = 0;
        if (b) resolve(b);
        else reject(new Error('no JPEG'));
      }, 'image/jpeg', 0.9);
    });
  }

  /** The present frame's pixels, for reading a boarding pass. */
  pixels(): ImageData {
    const image = this.draw().getImageData(0, 0, this.large.width, this.large.height);
    this.large.width = 0;
    return image;
  }

  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
    this.video.srcObject = null;
    this.before = null;
    this.little.width = 0;
    this.large.width = 0;
  }
}
