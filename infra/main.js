"use strict";

module.exports = require("@edge-vision/iotedge/launch").launch(require.resolve("./dist/index.js"));
