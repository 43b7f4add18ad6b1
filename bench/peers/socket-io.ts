/* Broadcasting with Socket.IO: each page is in its tenant's room. */
import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import type { Broadcaster } from './broadcast.ts';

const room = 'tenant 1';

export function broadcastSocketIo(server: HttpServer): Broadcaster {
  const io = new Server(server, { transports: ['websocket'], serveClient: false });
  io.on('connection', (socket) => {
    socket.join(room);
  });
  return {
    get connections() {
      return io.engine.clientsCount;
    },
    publish(events) {
      for (const event of events) io.to(room).emit('update', event);
    },
    close() {
      io.disconnectSockets(true);
    },
  };
}
