import type { LateJoinHeaders, MuxedTag, TagRole } from "@x/eflv/rtmp";
import type { RtmpServedClient } from "./listener.js";

/** Bytes that may wait for a player before tags are left out for it. */
const MAX_BACKLOG = 2 ** 23;

/** What a player is told next: nothing before the stream can begin for it. */
interface Player {
  joined: boolean;
}

/** The players of one stream. Each begins with the headers in force and a key frame; one that is too slow begins again. */
export class RtmpAudience {
  readonly #headers: LateJoinHeaders;
  readonly #players = new Map<RtmpServedClient, Player>();
  #dropped = 0;

  /** @param headers those of the stream, which its owner feeds */
  constructor(headers: LateJoinHeaders) {
    this.#headers = headers;
  }

  /** Tags that were left out for players that were too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  get size(): number {
    return this.#players.size;
  }

  add(client: RtmpServedClient): void {
    this.#players.set(client, { joined: false });
  }

  remove(client: RtmpServedClient): void {
    this.#players.delete(client);
  }

  push(tag: MuxedTag, role: TagRole): void {
    for (const [client, player] of this.#players) {
      if (client.backlog > MAX_BACKLOG) {
        player.joined = false;
        this.#dropped++;
      } else if (player.joined) client.write([tag]);
      else if (role === "boundary") {
        player.joined = true;
        client.write([...this.#headers.tags(tag.timestamp), tag]);
      }
    }
  }

  /** Resolves when every player has taken what it was sent, or has gone. */
  async drained(): Promise<void> {
    for (const client of this.#players.keys()) await client.drained();
  }
}
