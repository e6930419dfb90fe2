// Live rules of the sample form, in the shape the server compiles them to.
export default {
    fields: {
        fair: { visible: (r) => r.source === "fair", required: (r) => r.source === "fair" },
        source: { required: (r) => r.kind === "new" },
        name: { readOnly: (r) => r.kind === "renewal" },
        priority: { choices: (r) => (r.key ? ["middle", "high"] : ["low", "middle", "high"]) },
    },
    server: [],
};
