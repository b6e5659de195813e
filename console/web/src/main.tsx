import "./style/index.css";
import { render } from "preact";
import { enter } from "./entry";
import { App } from "./ui/app";

const root = document.getElementById("app");
if (root === null) throw new Error("the page has no #app");
render(<App />, root);
void enter();
