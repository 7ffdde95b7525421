/*
 * A script as it was read: one command a line. ui_script.c reads, ui_script_run.c does.
 */
#ifndef POSBENCH_GUI_UI_SCRIPT_H
#define POSBENCH_GUI_UI_SCRIPT_H

#include "gui/ui/ui_private.h"

enum ui_verb {
    UI_DO_PRESS,
    UI_DO_KEY,
    UI_DO_TYPE,
    UI_DO_DRAG,
    UI_DO_CLICK,
    UI_DO_WAIT,
    UI_DO_EXPECT,
    UI_DO_DUMP,
    UI_DO_SHOT,
    UI_DO_HAND,
    UI_DO_QUIT
};
enum ui_about { UI_IS_THERE, UI_IS_VALUE, UI_IS_LABEL, UI_IS_GONE, UI_IS_DISABLED, UI_IS_CHOSEN };

struct ui_command {
    enum ui_verb verb;
    enum ui_about about;
    unsigned line;
    const char *name;  /* id, key, text or file */
    const char *other; /* second id, or what the value is to be */
    int x, y;
    unsigned within_s;
};

enum { UI_TYPE_MAX = 200, UI_WITHIN_S = 20, UI_WITHIN_MAX_S = 3600 };

struct ui_script {
    char *path, *text;
    struct ui_command *commands;
    size_t count, next;
    uint64_t deadline_ms; /* of the wait that is going on; 0: none */
    bool hand;            /* the real mouse and keys act too */
    int state;
    char why[512];
};

#endif
