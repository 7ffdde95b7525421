/* How a live session ends: cores that crash, hang or leave, a worker that is killed, and a client that closes or dies.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/live_support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

/* The only child of this process; 0: there is none. */
static pid_t child(void)
{
    char path[64];
    int pid = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    if (fscanf(f, "%d", &pid) != 1)
        pid = 0;
    fclose(f);
    return pid;
}

static const cJSON *await_death(struct talk *t)
{
    const cJSON *died = await(t, "died", NULL, "", "");
    assert_null(live_next(t->live)); /* it was the last message */
    assert_null(live_next(t->live));
    cJSON *command = cJSON_Parse("{\"do\":\"pull\"}");
    assert_false(live_send(t->live, command));
    cJSON_Delete(command);
    assert_int_equal(child(), 0);
    return died;
}

static const cJSON *last_line(const struct talk *t)
{
    int i = cJSON_GetArraySize(t->told);
    while (--i >= 0) {
        const cJSON *line = cJSON_GetObjectItem(cJSON_GetArrayItem(t->told, i), "line");
        if (line)
            return line;
    }
    return NULL;
}

static void open_image(struct talk *t, const char *core)
{
    talk_open(t, core, &(struct live_options){.speed = "1x"});
}

static void a_core_that_crashes_is_told_with_its_last_lines(void **state)
{
    struct talk t;
    (void)state;
    open_image(&t, TEST_IMAGES "/test-segfault.so");
    say(&t, "{'do':'power','on':true}");
    await_state(&t, "idle", "true");
    say(&t, "{'do':'key','key':'1'}");
    const cJSON *died = await_death(&t);
    assert_non_null(strstr(text_in(died, "text"), "the core crashed"));
    assert_true(is_flag(died, "bench_fault", "false"));
    const cJSON *events = cJSON_GetObjectItem(died, "events");
    const cJSON *last = cJSON_GetArrayItem(events, cJSON_GetArraySize(events) - 1);
    assert_true(cJSON_Compare(last, last_line(&t), true)); /* it was told, and then its death */
    check_numbers(&t);
    talk_close(&t);
}

static void a_core_that_hangs_is_ended(void **state)
{
    struct talk t;
    (void)state;
    open_image(&t, TEST_IMAGES "/test-spin.so");
    double start = worker_seconds();
    say(&t, "{'do':'power','on':true}");
    const cJSON *died = await_death(&t);
    assert_string_equal(text_in(died, "text"), "the core hung: it spins without calling the HAL");
    assert_true(is_flag(died, "bench_fault", "false"));
    assert_true(worker_seconds() - start >= 3);
    t.from = 0;
    await_screen(&t, "idle"); /* the line before it hung, which the worker never got to send */
    check_numbers(&t);
    talk_close(&t);
}

/* A client that looks away for longer than any patience does not take that for a hang. */
static void a_client_that_looks_away_ends_nobody(void **state)
{
    struct talk t;
    (void)state;
    open_image(&t, NULL);
    say(&t, "{'do':'power','on':true}");
    await_screen(&t, "idle");
    double until = worker_seconds() + 4; /* more than the patience with a core */
    while (worker_seconds() < until)
        poll(NULL, 0, 100);
    say(&t, "{'do':'key','key':'1'}");
    await_screen(&t, "enter_amount");
    talk_close(&t);
}

static void a_core_that_ends_the_process(void **state)
{
    struct talk t;
    (void)state;
    open_image(&t, TEST_IMAGES "/test-exits.so");
    say(&t, "{'do':'power','on':true}");
    const cJSON *died = await_death(&t);
    assert_ptr_equal(strstr(text_in(died, "text"), "the core "), text_in(died, "text"));
    assert_true(is_flag(died, "bench_fault", "false"));
    talk_close(&t);
}

/* These stay in their worker: the bench gives them up and goes on. */
static void a_core_that_is_given_up_is_told(void **state)
{
    struct talk t;
    (void)state;
    open_image(&t, TEST_IMAGES "/test-busy.so");
    say(&t, "{'do':'power','on':true}");
    await_state(&t, "running", "busy");
    say(&t, "{'do':'key','key':'1'}");
    assert_non_null(strstr(await_refusal(&t, "key"), "does not run any more"));
    talk_close(&t);
    open_image(&t, TEST_IMAGES "/test-ignores.so");
    say(&t, "{'do':'power','on':true}");
    await(&t, "line", is_text, "name", "test-ignores");
    say(&t, "{'do':'power','on':false}");
    await_state(&t, "running", "ignored");
    assert_true(is_flag(t.last, "powered", "false"));
    say(&t, "{'do':'power','on':true}");
    assert_non_null(strstr(await_refusal(&t, "power"), "start a new session"));
    talk_close(&t);
}

static void a_worker_that_is_killed_is_told(void **state)
{
    struct talk t;
    (void)state;
    open_image(&t, NULL);
    assert_int_equal(kill(child(), SIGKILL), 0);
    const cJSON *died = await_death(&t);
    assert_non_null(strstr(text_in(died, "text"), "the bench crashed: Killed"));
    assert_true(is_flag(died, "bench_fault", "true"));
    talk_close(&t);
}

static void closing_leaves_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct talk t;
        open_image(&t, i == 3 ? TEST_IMAGES "/test-spin.so" : NULL);
        pid_t pid = child();
        assert_true(pid > 0);
        if (i)
            say(&t, "{'do':'power','on':true}");
        if (i == 1)
            await_screen(&t, "idle");
        talk_close(&t);
        assert_int_equal(child(), 0);
        assert_int_equal(kill(pid, 0), -1);
        assert_int_equal(errno, ESRCH);
    }
    live_close(NULL);
}

/* Without a close: the socket goes, and the worker with it. */
static void a_client_that_dies_takes_the_worker_along(void **state)
{
    int pipe_fds[2];
    pid_t worker = 0;
    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t client = fork();
    if (client == 0) {
        struct live *live;
        char why[600];
        const struct engine_options o = talk_engine(NULL);
        if (live_open(&o, &(struct live_options){.file = NULL}, &live, why, sizeof why) != EXIT_PASS)
            _exit(1);
        worker = child();
        if (write(pipe_fds[1], &worker, sizeof worker) != sizeof worker)
            _exit(1);
        _exit(0);
    }
    assert_int_equal(read(pipe_fds[0], &worker, sizeof worker), sizeof worker);
    assert_int_equal(waitpid(client, NULL, 0), client);
    double until = worker_seconds() + LIVE_BOUND;
    while (kill(worker, 0) == 0 && worker_seconds() < until) { /* a zombie nobody waits for counts as gone */
        char path[64], state_letter = '?';
        snprintf(path, sizeof path, "/proc/%d/stat", (int)worker);
        FILE *f = fopen(path, "r");
        if (f && fscanf(f, "%*d %*s %c", &state_letter) != 1)
            state_letter = '?';
        if (f)
            fclose(f);
        if (state_letter == 'Z')
            break;
        poll(NULL, 0, 10);
    }
    assert_true(worker_seconds() < until);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

/* A window's connections are not the worker's. */
static void the_worker_keeps_no_descriptor_of_its_parent(void **state)
{
    struct talk t;
    char path[64], target[256];
    int mine[20];
    (void)state;
    for (size_t i = 0; i < 20; i++) { /* some below those of the worker, some above */
        int opened = open(TEST_ROOT "/README.md", O_RDONLY);
        mine[i] = i % 2 ? opened : fcntl(opened, F_DUPFD, 500);
        assert_true(mine[i] > 2);
        if (mine[i] != opened)
            close(opened);
    }
    open_image(&t, NULL);
    say(&t, "{'do':'power','on':true}");
    await_screen(&t, "idle");
    snprintf(path, sizeof path, "/proc/%d/fd", (int)child());
    DIR *dir = opendir(path);
    assert_non_null(dir);
    unsigned sockets = 0;
    for (const struct dirent *d; (d = readdir(dir));) {
        ssize_t n = readlinkat(dirfd(dir), d->d_name, target, sizeof target - 1);
        if (n < 0)
            continue;
        target[n] = '\0';
        assert_null(strstr(target, "README"));
        sockets += strncmp(target, "socket:", 7) == 0;
        if (strcmp(d->d_name, "0") == 0)
            assert_string_equal(target, "/dev/null");
    }
    closedir(dir);
    assert_int_equal(sockets, 1);
    for (size_t i = 0; i < 20; i++)
        close(mine[i]);
    talk_close(&t);
}

/* Ticks of the processor that the worker takes in a second in which nobody asks it for anything. */
static unsigned long ticks_of_a_second(struct talk *t)
{
    char path[64];
    unsigned long user[2], system[2];
    settle_talk(t);
    snprintf(path, sizeof path, "/proc/%d/stat", (int)child());
    for (unsigned k = 0; k < 2; k++) {
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        assert_int_equal(fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user[k], &system[k]),
                         2);
        fclose(f);
        if (!k)
            hear(t, 1.0);
    }
    return user[1] + system[1] - user[0] - system[0];
}

/* Nothing to do costs nothing: less than a tenth of a core, in all that waits. */
static void waiting_does_not_spin(void **state)
{
    static const char *const speeds[] = {"1x", "fast", "pause"};
    const unsigned long few = (unsigned long)sysconf(_SC_CLK_TCK) / 10;
    struct talk t;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        talk_open(&t, NULL, &(struct live_options){.speed = speeds[i]});
        assert_true(ticks_of_a_second(&t) < few);
        say(&t, "{'do':'speed','value':'fast'}");
        say(&t, "{'do':'power','on':true}");
        await_screen(&t, "idle");
        say(&t, "{'do':'speed','value':'%s'}", speeds[i]);
        say(&t, "{'do':'key','key':'1'}");
        assert_true(ticks_of_a_second(&t) < few);
        talk_close(&t);
    }
    talk_open(&t, NULL, &(struct live_options){.file = "scenarios/sale/approved.lua", .index = 1, .speed = "fast"});
    await(&t, "end", NULL, "", "");
    assert_true(ticks_of_a_second(&t) < few);
    talk_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_core_that_crashes_is_told_with_its_last_lines),
        cmocka_unit_test(a_core_that_hangs_is_ended),
        cmocka_unit_test(a_client_that_looks_away_ends_nobody),
        cmocka_unit_test(a_core_that_ends_the_process),
        cmocka_unit_test(a_core_that_is_given_up_is_told),
        cmocka_unit_test(a_worker_that_is_killed_is_told),
        cmocka_unit_test(closing_leaves_nothing),
        cmocka_unit_test(a_client_that_dies_takes_the_worker_along),
        cmocka_unit_test(the_worker_keeps_no_descriptor_of_its_parent),
        cmocka_unit_test(waiting_does_not_spin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
