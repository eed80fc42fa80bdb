# The millrace command with the flights example, run from its sources.
FROM node:24-slim

WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev

USER node
ENV NODE_ENV=production
ENTRYPOINT ["node", "--conditions=@millrace/source", "packages/cli/src/main.ts"]
CMD ["--help"]
