# The server alone: a MongoDB replica set is brought by MONGODB_URL (compose.yaml has one for a try).

FROM node:20-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:20-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force

FROM node:20-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json capability-statement.json ./
COPY profiles ./profiles
COPY terminology ./terminology
# For tokens of the local issuer: docker compose exec server node scripts/token.mjs --as operator
COPY scripts/token.mjs scripts/token-claims.mjs scripts/issuer-key.mjs ./scripts/
RUN install -d -o node -g node -m 0700 /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Not npm: the server itself is to get SIGTERM, so that it answers what it accepted before it ends.
CMD ["node", "dist/src/main.js"]
