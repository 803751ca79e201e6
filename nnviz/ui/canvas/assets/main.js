// The page on which a run reads what a person draws: mounted by Streamlit, fed by the run itself.

import { mounting } from "../live/mounting.js";
import { createPage } from "./page.js";

export default mounting(createPage, "../canvas/draw.css");
