// The tree as it is stored: hashes, roots and proofs out of tiles, in one query each. Reads only.

import { present } from '../base/assert.ts';
import { consistencyNodes, fold, inclusionNodes, rootNodes } from '../base/merkle.ts';
import type { Node } from '../base/merkle.ts';
import { hashIn, placeOf } from '../base/tile.ts';
import { sql } from 'kysely';
import type { Read } from '../store/connect.ts';
import { sha256 } from './entry.ts';

/** For each group of subtrees their one hash. */
async function hashesOf(db: Read, origin: string, groups: readonly (readonly Node[])[]): Promise<Uint8Array[]> {
  const places = [...new Map(groups.flat().map((node) => placeOf(node)).map((place) => [`${place.level}/${place.index}`, place])).values()];
  const rows =
    places.length === 0
      ? []
      : await db
          .selectFrom('log_tile')
          .select(['level', 'tile_index', 'hashes'])
          .where('origin', '=', origin)
          .where(sql<boolean>`(level, tile_index) in (select * from unnest(${places.map((place) => place.level)}::int[], ${places.map((place) => place.index)}::bigint[]))`)
          .execute();
  const tiles = new Map(rows.map((row) => [`${row.level}/${row.tile_index}`, new Uint8Array(row.hashes)]));
  return groups.map((group) =>
    fold(
      sha256,
      group.map((node) => {
        const { level, index } = placeOf(node);
        return hashIn(sha256, present(tiles.get(`${level}/${index}`), 'a tile is missing'), node);
      }),
    ),
  );
}

export const treeRoot = async (db: Read, origin: string, size: number): Promise<Uint8Array> => present((await hashesOf(db, origin, [rootNodes(size)]))[0], 'no root');

export const inclusionProof = (db: Read, origin: string, index: number, size: number): Promise<Uint8Array[]> => hashesOf(db, origin, inclusionNodes(index, size));

/** Empty when the old tree is empty or the same. */
export const consistencyProof = (db: Read, origin: string, size1: number, size2: number): Promise<Uint8Array[]> =>
  size1 === 0 ? Promise.resolve([]) : hashesOf(db, origin, consistencyNodes(size1, size2));
