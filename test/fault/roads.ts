/**
 * The roads between the parts of a replica set and its clients: a TCP proxy before each member, which the members and
 * the drivers know as its address. A road that is cut swallows what is sent on it, in both directions, and says nothing;
 * when it is mended, what was sent arrives.
 */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** Who connects, and to whom; members by their name. */
export type Cut = (from: string, to: string) => boolean

export interface Roads {
  /** Lays a road to a port. @returns the port by which it is to be known */
  readonly lay: (to: string, port: number) => Promise<number>
  readonly cut: (is: Cut) => void
  readonly mend: () => void
  readonly close: () => void
}

interface Road { from: string, readonly to: string, readonly near: Socket, far: Socket | undefined, readonly port: number, isOpen: boolean }

/** @param whoIs the name of the process at the other end of a connection from a port; empty where it is not known */
export function layRoads (whoIs: (port: number) => string): Roads {
  const roads = new Set<Road>()
  const servers: ReturnType<typeof createServer>[] = []
  let isCut: Cut = () => false

  /** Opens or closes a road, as it is to be now. */
  function set (road: Road): void {
    const { near, to } = road
    // Who was not known yet when the connection came may be by now.
    if (road.from === '') road.from = whoIs(near.remotePort ?? 0)
    const isOpen = !isCut(road.from, to)
    if (isOpen === road.isOpen) return
    road.isOpen = isOpen
    if (!isOpen) {
      near.unpipe()
      road.far?.unpipe()
      near.pause()
      road.far?.pause()
      return
    }
    if (road.far === undefined) {
      road.far = connect(road.port, '127.0.0.1')
      road.far.setNoDelay(true)
      road.far.on('error', () => near.destroy())
      road.far.on('close', () => near.destroy())
    }
    near.pipe(road.far)
    road.far.pipe(near)
  }

  return {
    lay: async (to, port) => await new Promise(resolve => {
      const server = createServer({ pauseOnConnect: true, noDelay: true }, near => {
        const road: Road = { from: '', to, near, far: undefined, port, isOpen: false }
        roads.add(road)
        near.on('error', () => road.far?.destroy())
        near.on('close', () => {
          road.far?.destroy()
          roads.delete(road)
        })
        set(road)
      })
      servers.push(server)
      server.listen(0, '127.0.0.1', () => { resolve((server.address() as AddressInfo).port) })
    }),
    cut: is => {
      isCut = is
      for (const road of roads) set(road)
    },
    mend: () => {
      isCut = () => false
      for (const road of roads) set(road)
    },
    close: () => {
      for (const server of servers) server.close()
      for (const { near } of roads) near.destroy()
    }
  }
}
