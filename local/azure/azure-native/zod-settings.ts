import { z } from "zod";

// A schema compiled to a function pays off when it checks thousands of values: a stand-in checks each of its types a few
// times, and the compiling was a quarter of its start.
z.config({ jitless: true });
