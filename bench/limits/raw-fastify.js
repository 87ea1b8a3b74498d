// The limit of HTTP alone: Fastify parses a body and sends it back. No validation, no storage.
import fastify from 'fastify';

const app = fastify();
app.addContentTypeParser('application/scim+json', { parseAs: 'string' }, (request, body, done) => {
  done(null, JSON.parse(body));
});
app.post('/scim/v2/Users', (request, reply) => {
  reply.code(201).send({ id: 'echo', ...request.body });
});
app.get('/scim/v2/Users', (request, reply) => {
  reply.send({ totalResults: 0, Resources: [] });
});

await app.listen({ port: Number(process.env.PORT ?? 0), host: '127.0.0.1' });
process.stdout.write(`Tenant URL: http://127.0.0.1:${app.server.address().port}/scim/v2\n`);
process.once('SIGTERM', () => {
  app.close();
  app.server.closeAllConnections();
});
