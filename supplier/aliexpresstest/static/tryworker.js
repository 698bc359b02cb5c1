// A worker of any kind that sends what it is told to.
'use strict';

const send = ({url, body}) => fetch(url, {
  method: 'POST', credentials: 'include', headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body,
}).catch(() => {});

if (self.registration) {
  // A service worker sends before it is installed, and then goes.
  const told = new Promise((resolve) => { self.onmessage = (event) => resolve(event.data); });
  self.oninstall = (event) => event.waitUntil(told.then(send).then(() => self.registration.unregister()));
} else if ('onconnect' in self) {
  self.onconnect = ({ports: [port]}) => { port.onmessage = (event) => send(event.data); };
} else {
  self.onmessage = (event) => send(event.data);
}
