#include "collect/engine.h"

extern const struct perfgo_engine perfgo_engine;

__attribute__((visibility("default")))
const struct perfgo_engine perfgo_engine = {.version = PERFGO_ENGINE_VERSION,
                                            .size = sizeof(struct perfgo_engine),
#define X(type, name, params) .name = name,
                                            PERFGO_ENGINE_FUNCTIONS(X)
#undef X
};
