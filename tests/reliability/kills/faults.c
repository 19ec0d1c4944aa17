/* Counts what a command asks the filesystem to change below one folder, and makes one of these requests fail.

   Loaded by LD_PRELOAD into a command and into all programs it starts. They share one file, mapped into memory
   (`struct control`): the number of requests so far, the request at which something happens and what, and a log with an
   entry for each request, from which a power cut is made afterwards (power.py). Without a control file every call is
   passed on as it is.

   A request is a call of the C library: to open for writing, write, fsync, rename, unlink, mkdir, rmdir, link, symlink,
   truncate, or to close a file that was open for writing; where the control says so, also to read. What the C library
   writes by itself for its own streams (fopen, fwrite) is counted when the program asks for it.

   Before a file loses its name (unlink, or a rename over it) it is linked into the shadow folder: so that a power cut can
   give the name back, and so that its inode number is not given to another file within the run. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE, FSYNC, RENAME, UNLINK, MKDIR, RMDIR, LINK, SYMLINK, TRUNCATE, CLOSE, READ };
enum { NOTHING, KILL_ALL, KILL_ONE, FAIL_ONCE, FAIL_ON, SHORT_WRITE, SEGV_ONE, EXIT_ONE };
enum { MADE = 1, EMPTIED = 2, SHADOWED = 4 };
#define PATH_BYTES 320
#define ROOT_BYTES 1024
#define ENTRIES 65536
#define BIT(op) (1u << (op))

struct entry {                 /* one request; control.py knows the layout */
    uint64_t number;           /* 1, 2, ... */
    uint64_t inode, size;      /* of the file, after the request */
    uint32_t op, pid;
    uint32_t done;             /* 1: the request was carried out */
    uint32_t flags;            /* MADE, EMPTIED, SHADOWED */
    char path[PATH_BYTES];     /* below the folder */
    char other[PATH_BYTES];    /* rename, link: the new name; empty where it is not below the folder */
};

struct control {               /* control.py knows the layout */
    _Atomic uint64_t requests; /* counted so far */
    uint64_t at;               /* the request at which it happens; 0 never */
    uint32_t action, error;    /* what happens, and with which error number */
    uint32_t counted;          /* bits of the kinds of requests that are counted */
    _Atomic uint32_t struck;   /* how often it has happened */
    int32_t group, unused;     /* the process group that KILL_ALL ends */
    char root[ROOT_BYTES], shadow[ROOT_BYTES];
    struct entry log[ENTRIES];
};

static struct control *control;

#define NEXT(name) ({ static typeof(&name) next; if (!next) next = (typeof(&name))dlsym(RTLD_NEXT, #name); next; })

/* Begin to count: called by whoever loaded the library, or by its constructor where the environment names the file. */
int faults_begin(const char *path) {
    int fd = NEXT(open)(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return -1;
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    NEXT(close)(fd);
    if (mapped == MAP_FAILED) return -1;
    control = mapped;
    return 0;
}

__attribute__((constructor)) static void begin_by_environment(void) {
    const char *path = getenv("FAULTS_CONTROL");
    if (path && *path) faults_begin(path);
}

/* ---- which requests are counted ---- */

/* A path as the program gave it, below the folder: 1, and what follows the folder's name; 0 where it is elsewhere. */
static int below(int folder, const char *path, char *name) {
    char whole[2 * PATH_MAX];
    size_t used = 0;
    if (!control || !path) return 0;
    if (path[0] != '/') {
        if (folder == AT_FDCWD) {
            if (!getcwd(whole, PATH_MAX)) return 0;
            used = strlen(whole);
        } else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            ssize_t size = NEXT(readlink)(link, whole, PATH_MAX - 1);
            if (size < 0) return 0;
            used = (size_t)size;
        }
        whole[used++] = '/';
        while (path[0] == '.' && path[1] == '/') path += 2;
    }
    snprintf(whole + used, sizeof whole - used, "%s", path);
    size_t root = strlen(control->root);
    if (strncmp(whole, control->root, root) || (whole[root] != '/' && whole[root])) return 0;
    snprintf(name, PATH_BYTES, "%s", whole[root] ? whole + root + 1 : "");
    for (size_t end = strlen(name); end && name[end - 1] == '/';) name[--end] = 0;
    return 1;
}

/* The name of an open file below the folder: 1 where it is a regular file or a folder there, by its access mode. */
static int open_below(int fd, int writing, char *name, struct stat *status) {
    char link[64], whole[PATH_MAX];
    if (!control || fstat(fd, status) || !(S_ISREG(status->st_mode) || S_ISDIR(status->st_mode))) return 0;
    if (writing && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = NEXT(readlink)(link, whole, sizeof whole - 1);
    if (size < 0) return 0;
    whole[size] = 0;
    return below(AT_FDCWD, whole, name);
}

static int may_fail(uint32_t op, uint32_t error) {
    uint32_t names = BIT(OPEN) | BIT(RENAME) | BIT(MKDIR) | BIT(LINK) | BIT(SYMLINK);
    if (error == ENOSPC || error == EDQUOT) return (BIT(op) & (names | BIT(WRITE) | BIT(FSYNC) | BIT(TRUNCATE))) != 0;
    if (error == EACCES) return (BIT(op) & (names | BIT(UNLINK) | BIT(RMDIR))) != 0;
    if (error == EROFS) return op != CLOSE && op != FSYNC && op != READ;
    return 1;
}

static void die(void) {
    if (control->action == EXIT_ONE) _exit(3);
    if (control->action == SEGV_ONE) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    kill(control->action == KILL_ALL ? -control->group : getpid(), SIGKILL);
    for (;;) pause();
}

/* Count a request; its entry in the log, and in *fail the error with which it is to fail (-1: write half of it). */
static struct entry *count(uint32_t op, const char *path, const char *other, int *fail) {
    *fail = 0;
    if (!(control->counted & BIT(op))) return NULL;
    uint64_t number = atomic_fetch_add(&control->requests, 1) + 1;
    uint32_t action = control->action, error = control->error;
    uint64_t at = control->at;
    if (at && number >= at) {
        if (action == FAIL_ON && may_fail(op, error)) {
            atomic_fetch_add(&control->struck, 1);
            *fail = (int)error;
        } else if ((action == FAIL_ONCE && may_fail(op, error)) || (action == SHORT_WRITE && op == WRITE)) {
            uint32_t none = 0;
            if (atomic_compare_exchange_strong(&control->struck, &none, 1)) *fail = action == FAIL_ONCE ? (int)error : -1;
        } else if (number == at && action != FAIL_ONCE && action != FAIL_ON && action != SHORT_WRITE && action) {
            atomic_fetch_add(&control->struck, 1);
            die();
        }
    }
    if (number > ENTRIES) return NULL;
    struct entry *entry = &control->log[number - 1];
    entry->op = op;
    entry->pid = (uint32_t)getpid();
    snprintf(entry->path, PATH_BYTES, "%s", path);
    snprintf(entry->other, PATH_BYTES, "%s", other ? other : "");
    entry->number = number;
    return entry;
}

static void done(struct entry *entry, int fd, const char *path) {
    struct stat status;
    int saved = errno;
    if (!entry) return;
    if (fd >= 0 ? !fstat(fd, &status) : path && !lstat(path, &status)) {
        entry->inode = status.st_ino;
        entry->size = (uint64_t)status.st_size;
    }
    entry->done = 1;
    errno = saved;
}

static void keep_shadow(struct entry *entry, int folder, const char *path) {
    struct stat status;
    char shadow[ROOT_BYTES + 32];
    int saved = errno;
    if (entry && control->shadow[0] && !fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) && S_ISREG(status.st_mode)) {
        snprintf(shadow, sizeof shadow, "%s/%llu", control->shadow, (unsigned long long)entry->number);
        if (!NEXT(linkat)(folder, path, AT_FDCWD, shadow, 0)) entry->flags |= SHADOWED;
    }
    errno = saved;
}

#define REFUSED(fail, value) do { if ((fail) > 0) { errno = (fail); return value; } } while (0)

/* ---- opening and closing ---- */

static int opening(int folder, const char *path, int flags, mode_t mode) {
    char name[PATH_BYTES];
    struct stat status;
    struct entry *entry = NULL;
    int fail = 0;
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
    if (writes && below(folder, path, name)) {
        entry = count(OPEN, name, NULL, &fail);
        REFUSED(fail, -1);
        if (entry && fstatat(folder, path, &status, 0)) entry->flags |= (flags & O_CREAT) ? MADE : 0;
        else if (entry && (flags & O_TRUNC)) entry->flags |= EMPTIED;
    }
    int fd = NEXT(openat)(folder, path, flags, mode);
    if (fd >= 0) done(entry, fd, NULL);
    return fd;
}

static mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }

#define OPENING(name, declared, folder)                     \
    int name declared {                                     \
        va_list rest;                                       \
        va_start(rest, flags);                              \
        mode_t mode = mode_of(flags, rest);                 \
        va_end(rest);                                       \
        return opening(folder, path, flags, mode);          \
    }
OPENING(open, (const char *path, int flags, ...), AT_FDCWD)
OPENING(open64, (const char *path, int flags, ...), AT_FDCWD)
OPENING(openat, (int folder, const char *path, int flags, ...), folder)
OPENING(openat64, (int folder, const char *path, int flags, ...), folder)
int creat(const char *path, mode_t mode) { return opening(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return opening(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

static FILE *opening_stream(const char *path, const char *mode, FILE *(*next)(const char *, const char *)) {
    char name[PATH_BYTES];
    struct stat status;
    struct entry *entry = NULL;
    int fail = 0;
    if (strpbrk(mode, "wa+") && below(AT_FDCWD, path, name)) {
        entry = count(OPEN, name, NULL, &fail);
        REFUSED(fail, NULL);
        if (entry) entry->flags |= stat(path, &status) ? MADE : mode[0] == 'w' ? EMPTIED : 0;
    }
    FILE *stream = next(path, mode);
    if (stream) done(entry, fileno(stream), NULL);
    return stream;
}
FILE *fopen(const char *path, const char *mode) { return opening_stream(path, mode, NEXT(fopen)); }
FILE *fopen64(const char *path, const char *mode) { return opening_stream(path, mode, NEXT(fopen64)); }

int close(int fd) {
    char name[PATH_BYTES];
    struct stat status;
    struct entry *entry = NULL;
    int fail = 0, saved = errno;
    if (control && open_below(fd, 1, name, &status)) entry = count(CLOSE, name, NULL, &fail);
    if (entry) done(entry, fd, NULL);
    errno = saved;
    int ended = NEXT(close)(fd);
    REFUSED(fail, -1);
    return ended;
}

int fclose(FILE *stream) {
    char name[PATH_BYTES];
    struct stat status;
    struct entry *entry = NULL;
    int fail = 0, fd = fileno(stream);
    if (control && fd >= 0 && open_below(fd, 1, name, &status)) entry = count(CLOSE, name, NULL, &fail);
    if (entry) done(entry, fd, NULL);
    int ended = NEXT(fclose)(stream);
    REFUSED(fail, EOF);
    return ended;
}

/* ---- writing, reading, flushing ---- */

static struct entry *on_file(uint32_t op, int fd, int *fail) {
    char name[PATH_BYTES];
    struct stat status;
    *fail = 0;
    return control && open_below(fd, 0, name, &status) ? count(op, name, NULL, fail) : NULL;
}

#define WRITING(type, name, declared, passed, halved, bytes, fd)          \
    type name declared {                                                  \
        int fail;                                                         \
        struct entry *entry = on_file(WRITE, fd, &fail);                  \
        REFUSED(fail, -1);                                                \
        type written = fail < 0 && (bytes) > 1 ? NEXT(name) halved : NEXT(name) passed; \
        done(entry, fd, NULL);                                            \
        return written;                                                   \
    }
WRITING(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), (fd, data, size / 2), size, fd)
WRITING(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), (fd, data, size / 2, at), size, fd)
WRITING(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at), (fd, data, size / 2, at), size, fd)
WRITING(ssize_t, writev, (int fd, const struct iovec *parts, int n), (fd, parts, n), (fd, parts, n / 2), n, fd)
WRITING(ssize_t, pwritev, (int fd, const struct iovec *parts, int n, off_t at), (fd, parts, n, at), (fd, parts, n / 2, at), n, fd)
WRITING(ssize_t, sendfile, (int fd, int from, off_t *at, size_t size), (fd, from, at, size), (fd, from, at, size / 2), size, fd)
WRITING(ssize_t, sendfile64, (int fd, int from, off64_t *at, size_t size), (fd, from, at, size), (fd, from, at, size / 2), size, fd)
WRITING(ssize_t, copy_file_range, (int from, off64_t *at, int fd, off64_t *to, size_t size, unsigned flags),
        (from, at, fd, to, size, flags), (from, at, fd, to, size / 2, flags), size, fd)

size_t fwrite(const void *data, size_t size, size_t n, FILE *stream) {
    int fail = 0, fd = control ? fileno(stream) : -1;
    struct entry *entry = fd >= 0 ? on_file(WRITE, fd, &fail) : NULL;
    REFUSED(fail, 0);
    size_t written = NEXT(fwrite)(data, size, n, stream);
    done(entry, fd, NULL);
    return written;
}

#define READING(name, declared, passed, fd)                                                          \
    ssize_t name declared {                                                                          \
        int fail = 0;                                                                                \
        if (control && control->counted & BIT(READ)) done(on_file(READ, fd, &fail), fd, NULL);       \
        REFUSED(fail, -1);                                                                           \
        return NEXT(name) passed;                                                                    \
    }
READING(read, (int fd, void *data, size_t size), (fd, data, size), fd)
READING(pread, (int fd, void *data, size_t size, off_t at), (fd, data, size, at), fd)
READING(pread64, (int fd, void *data, size_t size, off64_t at), (fd, data, size, at), fd)
READING(readv, (int fd, const struct iovec *parts, int n), (fd, parts, n), fd)
READING(preadv, (int fd, const struct iovec *parts, int n, off_t at), (fd, parts, n, at), fd)

#define ON_FILE(op, name, declared, passed)                  \
    int name declared {                                      \
        int fail;                                            \
        struct entry *entry = on_file(op, fd, &fail);        \
        REFUSED(fail, -1);                                   \
        int ended = NEXT(name) passed;                       \
        if (!ended) done(entry, fd, NULL);                   \
        return ended;                                        \
    }
ON_FILE(FSYNC, fsync, (int fd), (fd))
ON_FILE(FSYNC, fdatasync, (int fd), (fd))
ON_FILE(TRUNCATE, ftruncate, (int fd, off_t size), (fd, size))
ON_FILE(TRUNCATE, ftruncate64, (int fd, off64_t size), (fd, size))

/* ---- names ---- */

static int renaming(int from, const char *old, int to, const char *new, unsigned flags, int two) {
    char name[PATH_BYTES], other[PATH_BYTES] = "";
    struct entry *entry = NULL;
    int fail = 0, inside = below(to, new, other);
    if (below(from, old, name) || inside) {
        if (!below(from, old, name)) name[0] = 0;
        entry = count(RENAME, name, other, &fail);
        REFUSED(fail, -1);
        if (inside) keep_shadow(entry, to, new);
    }
    int ended = two ? NEXT(renameat2)(from, old, to, new, flags) : NEXT(renameat)(from, old, to, new);
    if (!ended) done(entry, -1, to == AT_FDCWD ? new : NULL);
    return ended;
}
int rename(const char *old, const char *new) { return renaming(AT_FDCWD, old, AT_FDCWD, new, 0, 0); }
int renameat(int from, const char *old, int to, const char *new) { return renaming(from, old, to, new, 0, 0); }
int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
    return renaming(from, old, to, new, flags, 1);
}

static int unlinking(int folder, const char *path, int flags) {
    char name[PATH_BYTES];
    struct entry *entry = NULL;
    int fail = 0;
    if (below(folder, path, name)) {
        entry = count(flags & AT_REMOVEDIR ? RMDIR : UNLINK, name, NULL, &fail);
        REFUSED(fail, -1);
        keep_shadow(entry, folder, path);
    }
    int ended = NEXT(unlinkat)(folder, path, flags);
    if (!ended) done(entry, -1, NULL);
    return ended;
}
int unlink(const char *path) { return unlinking(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char *path, int flags) { return unlinking(folder, path, flags); }
int rmdir(const char *path) { return unlinking(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
    struct stat status;
    return unlinking(AT_FDCWD, path, !lstat(path, &status) && S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0);
}

#define NAMING(op, name, declared, passed, folder, path, target)     \
    int name declared {                                              \
        char called[PATH_BYTES];                                     \
        struct entry *entry = NULL;                                  \
        int fail = 0;                                                \
        if (below(folder, path, called)) {                           \
            entry = count(op, called, target, &fail);                \
            REFUSED(fail, -1);                                       \
        }                                                            \
        int ended = NEXT(name) passed;                               \
        if (!ended) done(entry, -1, folder == AT_FDCWD ? path : NULL); \
        return ended;                                                \
    }
NAMING(MKDIR, mkdir, (const char *path, mode_t mode), (path, mode), AT_FDCWD, path, NULL)
NAMING(MKDIR, mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode), folder, path, NULL)
NAMING(LINK, link, (const char *old, const char *path), (old, path), AT_FDCWD, path, old)
NAMING(LINK, linkat, (int from, const char *old, int folder, const char *path, int flags), (from, old, folder, path, flags), folder, path, old)
NAMING(SYMLINK, symlink, (const char *old, const char *path), (old, path), AT_FDCWD, path, old)
NAMING(SYMLINK, symlinkat, (const char *old, int folder, const char *path), (old, folder, path), folder, path, old)
NAMING(TRUNCATE, truncate, (const char *path, off_t size), (path, size), AT_FDCWD, path, NULL)
NAMING(TRUNCATE, truncate64, (const char *path, off64_t size), (path, size), AT_FDCWD, path, NULL)
