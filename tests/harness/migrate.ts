import { migrate, openServer } from "@millrace/postgres";

const [, , url = ""] = process.argv;
const database = openServer({ url, connectionsMax: 1 });
await migrate(database);
await database.close();
