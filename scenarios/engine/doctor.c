#include "scenarios/engine/doctor.h"

#include "core/codec/manifest.h"
#include "hw/reader.h"
#include "sim/image.h"

#include <lua.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void say(const struct doctor *d, const char *part, const char *what, enum doctor_state state, const char *found,
                const char *way)
{
    d->row(d->ctx, &(struct doctor_row){part, what, state, found, way});
}

/* -- the bench's own files -- */

/* An image is good when it can be packed: it exports a firmware with a manifest. */
static void look_at_image(const struct doctor *d, const char *what, const char *path)
{
    uint8_t *bytes = NULL, *slot = NULL;
    size_t len = 0, slot_len = 0;
    char why[300] = "", reason[160] = "";
    int status = image_read_file(path, &bytes, &len, why, sizeof why);
    if (status == OK && (status = image_pack(bytes, len, &slot, &slot_len, reason, sizeof reason)) != OK)
        snprintf(why, sizeof why, "%s: %s", path, reason);
    say(d, "bench", what, status == OK ? DOCTOR_OK : DOCTOR_BROKEN, status == OK ? path : why,
        status == OK ? "" : "./posbench builds it anew: rm -r build/release");
    free(bytes);
    free(slot);
}

static void look_at_folder(const struct doctor *d, const char *root, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", root, name);
    bool there = access(path, R_OK | X_OK) == 0;
    say(d, "bench", name, there ? DOCTOR_OK : DOCTOR_BROKEN, path,
        there ? "" : "the tree is not whole: clone it again");
}

/* -- readers -- */

struct readers {
    const struct doctor *doctor;
};

static void found_reader(void *ctx, const char *spec, const char *name, const char *state)
{
    const struct readers *r = ctx;
    char what[HW_READER_NAME + 40], found[2 * HW_READER_NAME];
    snprintf(what, sizeof what, "--reader \"%s\"", spec);
    snprintf(found, sizeof found, "%s: %s", name, state);
    say(r->doctor, "card readers", what, DOCTOR_OK, found, "");
}

static void look_for_readers(const struct doctor *d)
{
    char why[400] = "";
    struct readers r = {d};
    size_t count = hw_reader_list(found_reader, &r, why, sizeof why);
    if (why[0])
        say(d, "card readers", "not looked at", DOCTOR_NONE, "", why);
    if (!count)
        say(d, "card readers", "real readers", DOCTOR_NONE, "none",
            "--reader needs one; without any: ./posbench card serve CARD makes a virtual one (hw/README.md)");
}

void engine_doctor(const struct engine_options *o, const struct doctor *d)
{
    look_at_folder(d, o->root, "scenarios");
    look_at_folder(d, o->root, "cards/profiles");
    look_at_folder(d, o->root, "sim/profiles");
    look_at_image(d, "core", o->core);
    look_at_image(d, "boot ROM", o->boot);
    say(d, "libraries", "OpenSSL", DOCTOR_OK, OpenSSL_version(OPENSSL_VERSION_STRING), "");
    say(d, "libraries", "SQLite", DOCTOR_OK, sqlite3_libversion(), "");
    say(d, "libraries", "Lua", DOCTOR_OK, LUA_RELEASE, "");
    say(d, "libraries", "cJSON", DOCTOR_OK, cJSON_Version(), "");
    look_for_readers(d);
}
