/* value.h: the types in which numbers are stored, and their conversion to float32.
 *
 * Integers beyond 2^24 and doubles are rounded to nearest once. Runs of values need no alignment: a
 * mapped file may put them anywhere. Threads: any.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum value_type {
    VALUE_U8,
    VALUE_F32,
    VALUE_I8,
    VALUE_U16,
    VALUE_I16,
    VALUE_U32,
    VALUE_I32,
    VALUE_U64,
    VALUE_I64,
    VALUE_F64,
    N_VALUE_TYPES
};

/* Expands DO(type, its C type, argument) for each value type, in the order above. */
#define VALUE_TYPES(DO, argument)                                                                  \
    DO(VALUE_U8, uint8_t, argument)                                                                \
    DO(VALUE_F32, float, argument)                                                                 \
    DO(VALUE_I8, int8_t, argument)                                                                 \
    DO(VALUE_U16, uint16_t, argument)                                                              \
    DO(VALUE_I16, int16_t, argument)                                                               \
    DO(VALUE_U32, uint32_t, argument)                                                              \
    DO(VALUE_I32, int32_t, argument)                                                               \
    DO(VALUE_U64, uint64_t, argument)                                                              \
    DO(VALUE_I64, int64_t, argument)                                                               \
    DO(VALUE_F64, double, argument)

static inline size_t value_size(enum value_type type)
{
#define VALUE_SIZE(name, number, argument) sizeof(number),
    static const unsigned char size[N_VALUE_TYPES] = {VALUE_TYPES(VALUE_SIZE, )};
    return size[type];
}

static inline int value_is_float(enum value_type type)
{
    return type == VALUE_F32 || type == VALUE_F64;
}

/* A case that reads number i, at any alignment, from memory that may have been written as another
 * type. */
#define VALUE_READ(name, number, result)                                                           \
    case name: {                                                                                   \
        typedef number loose __attribute__((aligned(1), may_alias));                               \
        return (result)((const loose *)values)[i];                                                 \
    }

/* Returns value number i of a run. If `type` is constant in a loop, the compiler generates a plain
 * loop for that type. */
static inline float value_as_float(const void *values, enum value_type type, int64_t i)
{
    switch (type) {
        VALUE_TYPES(VALUE_READ, float)
    case N_VALUE_TYPES:
        break;
    }
    return 0; /* no such type */
}

/* The same as a double, which is exact for everything but 64-bit integers beyond 2^53. */
static inline double value_as_double(const void *values, enum value_type type, int64_t i)
{
    switch (type) {
        VALUE_TYPES(VALUE_READ, double)
    case N_VALUE_TYPES:
        break;
    }
    return 0; /* no such type */
}
