import { page } from "./shared.js";
