// The service worker: the desk opens without a network, from the very files of one version. The API is never cached here.

type Cached = { match: (request: Request | string) => Promise<Response | undefined>; addAll: (urls: string[]) => Promise<void> };
type Waiting = Event & { waitUntil: (work: Promise<unknown>) => void };
type Fetching = Waiting & { request: Request; respondWith: (answer: Promise<Response> | Response) => void };
declare const self: {
  addEventListener: ((type: 'install' | 'activate', run: (event: Waiting) => void) => void) & ((type: 'fetch', run: (event: Fetching) => void) => void) & ((type: 'message', run: (event: MessageEvent) => void) => void);
  skipWaiting: () => Promise<void>;
  clients: { claim: () => Promise<void> };
  caches: { open: (name: string) => Promise<Cached>; keys: () => Promise<string[]>; delete: (name: string) => Promise<boolean> };
  location: Location;
};
// The build writes these two in.
declare const __FILES__: string[];
declare const __VERSION__: string;

const NAME = `niem-${__VERSION__}`;

self.addEventListener('install', (event) => event.waitUntil(self.caches.open(NAME).then((cache) => cache.addAll(__FILES__))));

self.addEventListener('activate', (event) =>
  event.waitUntil(
    self.caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== NAME).map((name) => self.caches.delete(name))))
      .then(() => self.clients.claim()),
  ),
);

// A new version waits until the desk says that no shift and no queue would be disturbed.
self.addEventListener('message', (event) => {
  if (event.data === 'take_over') void self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  const isDesk = event.request.mode === 'navigate' && (url.pathname === '/' || url.pathname.startsWith('/desk/'));
  if (!isDesk && !__FILES__.includes(url.pathname)) return;
  event.respondWith(
    self.caches
      .open(NAME)
      .then((cache) => cache.match(isDesk ? '/' : event.request))
      .then((found) => found ?? fetch(event.request)),
  );
});
