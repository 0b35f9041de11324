// A folder that one process holds: small files that are either the old or the new one, whatever happens in between. Node only.

import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import * as fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export type Folder = {
  /** null: there is no such file. */
  read(name: string): string | null;
  /** On the disk when this returns; readable by its owner only. */
  write(name: string, text: string): void;
  close(): void;
};

/** The system calls of a write, in order: tests let each of them fail. */
export type DiskCalls = Pick<typeof fs, 'openSync' | 'writeSync' | 'fsyncSync' | 'closeSync' | 'renameSync'>;

/** Throws an Error when another process holds the folder. */
export function openFolder(dir: string, disk: DiskCalls = fs): Folder {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const lock = takeLock(
    dir,
    (pid) => new Error(`Thư mục ${dir} đang được tiến trình ${pid} dùng. / Folder ${dir} is in use by process ${pid}.`),
  );
  const sync = (file: string, flags: string, text: string | null): void => {
    const handle = disk.openSync(file, flags, 0o600);
    try {
      if (text !== null) disk.writeSync(handle, text);
      disk.fsyncSync(handle);
    } finally {
      disk.closeSync(handle);
    }
  };
  return {
    read(name) {
      try {
        return readFileSync(path.join(dir, name), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
    write(name, text) {
      const file = path.join(dir, name);
      sync(`${file}.new`, 'w', text);
      disk.renameSync(`${file}.new`, file);
      // The name itself is on the disk only when its folder is.
      sync(dir, 'r', null);
    },
    close: () => releaseLock(lock),
  };
}

/** Locks this process holds. A lock that is garbage-collected is a lock released, so they are kept here. */
const held = new Set<DatabaseSync>();

/**
 * Node has no flock. SQLite's lock is one that the kernel drops when its process dies, however it dies: no stale file and no
 * dead or re-used pid can fool it. Nothing is ever stored in that file; `lock.pid` is only for the sentence of `busy`.
 */
export function takeLock(folder: string, busy: (pid: string) => Error): DatabaseSync {
  const lock = new DatabaseSync(path.join(folder, 'lock'), { timeout: 500 });
  const pidFile = path.join(folder, 'lock.pid');
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    const locked = 5;
    if ((error as { errcode?: number }).errcode !== locked) throw error;
    throw busy(readFileSync(pidFile, 'utf8'));
  }
  writeFileSync(pidFile, String(process.pid));
  held.add(lock);
  return lock;
}

export function releaseLock(lock: DatabaseSync): void {
  lock.close();
  held.delete(lock);
}
