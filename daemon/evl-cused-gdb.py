# SPDX-License-Identifier: MIT
"""What evl-cused's handlers are doing, for gdb: "evl fibers", "evl fiber N".

Handlers run on fibers, of which gdb knows nothing: it sees the threads, each of
which runs one at most. A fiber which is not running has left its registers on
its own stack, or in a ucontext_t (daemon/stage/context.h). An unwinder gives
them to gdb as those of who called the innermost frame of a thread, and from there
on gdb unwinds by itself: nothing is written to the process, so that this works on
a core as well. Names come from the daemon's debugging information.
"""

import re
import struct

import gdb
import gdb.unwinder

MAX_FIBERS = 1 << 20  # a list longer than this is none
MAX_FRAMES = 1024


class Trouble(gdb.GdbError):
    """What is wrong, in a line: gdb prints that and no more."""


def variable(name):
    """A variable of the daemon's, static or not."""
    symbol = gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name)
    if symbol is None:
        raise Trouble('no debugging information of evl-cused: is this one, '
                      'built with -g and not stripped?')
    return symbol.value()


def pointer_to(name):
    """The type "struct NAME *"."""
    return gdb.lookup_type('struct ' + name).pointer()


def text_at(value):
    """The string a char * points to, or an array has; '' for NULL."""
    try:
        if value.type.code == gdb.TYPE_CODE_PTR and int(value) == 0:
            return ''
        return value.string(errors='replace')
    except gdb.error:
        return ''


def containers(head, type_name, member):
    """Of a list_head, what its links are part of."""
    pointer = pointer_to(type_name)
    offset = next(field.bitpos // 8 for field in pointer.target().fields()
                  if field.name == member)
    link = head['next']
    for _ in range(MAX_FIBERS):
        if int(link) in (0, int(head.address)):
            return
        yield gdb.Value(int(link) - offset).cast(pointer)
        link = link['next']


# What a switch leaves behind, by architecture.


def words(address, count):
    """So many 64-bit words of memory."""
    memory = gdb.selected_inferior().read_memory(address, 8 * count)
    order = '>' if 'big' in gdb.execute('show endian', to_string=True) else '<'
    return struct.unpack(f'{order}{count}Q', memory)


def native_x86_64(stack_pointer):
    """As context-x86_64.S has pushed it."""
    saved = words(stack_pointer, 8)
    names = ('r15', 'r14', 'r13', 'r12', 'rbx', 'rbp', 'rip')
    return dict(zip(names, saved[1:]), rsp=stack_pointer + 64)


def native_aarch64(stack_pointer):
    """As context-aarch64.S has stored it."""
    saved = words(stack_pointer, 12)
    registers = {f'x{19 + i}': saved[2 + i] for i in range(10)}
    return dict(registers, x29=saved[0], x30=saved[1], pc=saved[1],
                sp=stack_pointer + 176)


def ucontext_x86_64(context):
    """As swapcontext() has, by REG_* of <sys/ucontext.h>."""
    saved = context['ucontext']['uc_mcontext']['gregs']
    names = {'r12': 4, 'r13': 5, 'r14': 6, 'r15': 7, 'rbp': 10, 'rbx': 11,
             'rsp': 15, 'rip': 16}
    return {name: int(saved[nr]) & (1 << 64) - 1
            for name, nr in names.items()}


def ucontext_aarch64(context):
    """The same; it continues within swapcontext(), which returns to x1. One which
    has not begun is as makecontext() has left it."""
    machine = context['ucontext']['uc_mcontext']
    saved = machine['regs']
    pc = machine['pc'] if int(context['entry']) else saved[1]
    registers = {f'x{i}': int(saved[i]) for i in range(19, 31)}
    return dict(registers, pc=int(pc), sp=int(machine['sp']))


class Machine:
    """An architecture: the names of two registers, and what to read."""

    def __init__(self, pc, sp, native, ucontext):
        self.pc, self.sp = pc, sp
        self.native, self.ucontext = native, ucontext

    @staticmethod
    def current():
        name = gdb.newest_frame().architecture().name()
        if name not in MACHINES:
            raise Trouble(f'fibers of {name} are not known here')
        return MACHINES[name]

    def registers_of(self, fiber):
        """Where a fiber which is not running is going to continue."""
        context = fiber['context']
        if any(field.name == 'sp' for field in context.type.fields()):
            return self.native(int(context['sp']))
        return self.ucontext(context)


MACHINES = {
    'i386:x86-64': Machine('rip', 'rsp', native_x86_64, ucontext_x86_64),
    'aarch64': Machine('pc', 'sp', native_aarch64, ucontext_aarch64),
}


class FrameId:
    """As Unwinder wants it."""

    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class FiberUnwinder(gdb.unwinder.Unwinder):
    """The innermost frame of a thread was called by a fiber, if one is shown.

    That frame is found by its registers: frames of the fiber are on another
    stack, and those inlined into it are gdb's own business.
    """

    def __init__(self):
        super().__init__('evl-fiber')
        self.machine = None
        self.registers = None  # the fiber's; None: no fiber is shown
        self.at = None         # (pc, sp) of the thread

    def __call__(self, pending):
        if self.registers is None or self.at != self.place_of(pending):
            return None
        info = pending.create_unwind_info(
            FrameId(gdb.Value(self.registers[self.machine.sp]),
                    gdb.Value(self.at[0])))
        for name, value in self.registers.items():
            kind = pending.read_register(name).type
            info.add_saved_register(name, gdb.Value(value).cast(kind))
        return info

    def place_of(self, frame):
        mask = (1 << 64) - 1
        return (int(frame.read_register(self.machine.pc)) & mask,
                int(frame.read_register(self.machine.sp)) & mask)

    def show(self, fiber):
        """None is shown yet."""
        self.machine = Machine.current()
        self.at = self.place_of(gdb.newest_frame())
        self.registers = self.machine.registers_of(fiber)
        gdb.invalidate_cached_frames()

    def hide(self):
        if self.registers is not None:
            self.registers = None
            gdb.invalidate_cached_frames()

    def first(self):
        """The innermost frame of the fiber."""
        frame = gdb.newest_frame()
        while frame is not None and self.place_of(frame) == self.at:
            frame = frame.older()
        return frame


class FiberFilter:
    """What is shown of a fiber does not begin with the thread's frame."""

    def __init__(self):
        self.name = 'evl-fiber'
        self.priority = 100
        self.enabled = True
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        if UNWINDER.registers is None:
            return frames
        return (frame for frame in frames
                if UNWINDER.place_of(frame.inferior_frame()) != UNWINDER.at)


UNWINDER = FiberUnwinder()
gdb.unwinder.register_unwinder(None, UNWINDER, replace=True)
FiberFilter()
gdb.events.cont.connect(lambda event: UNWINDER.hide())


class Driver:
    """A shared object which was loaded as a driver."""

    def __init__(self, image):
        self.start, self.end = int(image['start']), int(image['end'])
        self.bias = int(image['bias'])
        loaded = image['owner']['loaded'].cast(pointer_to('loaded'))
        self.name, self.path = '', ''
        if int(loaded):
            self.name = text_at(loaded['name'])
            self.path = text_at(loaded['path'])
        self.name = self.name or text_at(image['name'])

    def has(self, address):
        return self.start <= address < self.end

    @staticmethod
    def all():
        """Each generation of each."""
        found = []
        image = gdb.Value(int(variable('images'))).cast(pointer_to('image'))
        while int(image):
            if int(image['owner']):
                driver = Driver(image)
                driver.find_symbols(int(image['owner']))
                found.append(driver)
            image = image['next']
        return found

    def find_symbols(self, known):
        """The copy which is mapped is there only as long as the process is."""
        said = gdb.execute(f'info symbol {known:#x}', to_string=True)
        if 'No symbol matches' not in said:
            return
        try:
            gdb.execute(f'add-symbol-file "{self.path}" -o {self.bias:#x}',
                        to_string=True)
            gdb.write(f'{self.name}: symbols of {self.path}, as it is now\n')
        except gdb.error as error:
            gdb.write(f'{self.name}: no symbols: {error}\n')


def function_at(value):
    """The name of the function a pointer points to."""
    found = re.search(r'<([^+>]+)', value.format_string(symbols=True))
    return found.group(1) if found else '?'


class Fiber:
    """One of them, and what can be said of it."""

    STATES = {
        'FIBER_IDLE': 'idle',
        'FIBER_READY': 'ready',
        'FIBER_RUNNING': 'running',
        'FIBER_ASLEEP': 'asleep',
        'FIBER_HELD': 'held',
    }

    def __init__(self, number, value):
        self.number, self.value = number, value
        self.stage = text_at(value['stage']['name'])
        self.cpu = int(value['stage']['cpu'])
        self.prio = int(value['prio'])
        self.state = self.STATES.get(str(value['state']), '?')
        # Another thread has woken it; its stage does not know yet.
        if self.state == 'asleep' and int(value['wq']) and \
                not int(value['queued']):
            self.state = 'woken'

    @staticmethod
    def all():
        head = variable('fiber_list')
        return [Fiber(number, value) for number, value
                in enumerate(containers(head, 'fiber', 'all'), 1)]

    def owns(self, address):
        """Is it on the stack, or on the page below, which has overflowed?"""
        stack = self.value['stack']
        base = int(stack['base'])
        return base - 4096 <= address < base + int(stack['size'])

    def thread(self):
        """Which runs it, or has just begun to leave it, whatever its state is by
        now. None: it has left, and its registers are where they belong."""
        if int(self.value['stage']['running']) != int(self.value):
            return None
        here = gdb.selected_thread()
        try:
            for thread in gdb.selected_inferior().threads():
                thread.switch()
                frame = gdb.newest_frame()
                for _ in range(MAX_FRAMES):
                    if frame is None:
                        break
                    if self.owns(int(frame.read_register('sp'))):
                        return thread
                    frame = frame.older()
        except gdb.error:
            pass
        finally:
            here.switch()
        return None

    def caller(self):
        """For whom it works."""
        said = []
        if int(self.value['task']):
            task = self.value['task'].cast(pointer_to('task_struct'))
            if int(task['pid']):
                said.append(f"{text_at(task['comm'])}[{int(task['pid'])}]")
        if int(self.value['thread']):
            thread = self.value['thread'].cast(pointer_to('evl_thread'))
            said.append(f"thread {text_at(thread['name'])}")
        return ', '.join(said)

    def show(self):
        """Have its frames, and return the innermost: it is the selected thread's
        from now on, either by running on it or by what the unwinder tells."""
        UNWINDER.hide()  # or a thread seems to run what is shown on it
        thread = self.thread()
        if thread is None:
            UNWINDER.show(self.value)
            return UNWINDER.first()
        thread.switch()
        return gdb.newest_frame()

    def frames(self):
        """(pc, function, source file) of each, innermost first."""
        frame = self.show()
        for _ in range(MAX_FRAMES):
            if frame is None:
                return
            yield self.describe(frame)
            frame = frame.older()

    @staticmethod
    def describe(frame):
        symtab = frame.find_sal().symtab
        return (frame.pc(), frame.name() or f'{frame.pc():#x}',
                symtab.filename if symtab else '')

    def doing(self, drivers):
        """(driver, handler, where in): who called what is in it, and what that
        called."""
        frames = list(self.frames())
        owners = [next((driver.name for driver in drivers
                        if driver.has(pc)), None) for pc, _, _ in frames]
        theirs = [i for i, owner in enumerate(owners) if owner]
        if theirs:
            inner, outer = theirs[0], theirs[-1]
            return (owners[outer], frames[outer][1],
                    frames[inner - 1][1] if inner else '')
        where = next((name for _, name, path in frames
                      if '/stage/' not in path), '')
        return '', function_at(self.value['entry']), where


class Peek:
    """Around looking at several fibers: what is selected stays so."""

    def __enter__(self):
        self.thread = gdb.selected_thread()
        if self.thread is None:
            raise Trouble('no process, and no core')
        self.shown = UNWINDER.registers
        self.at = UNWINDER.at
        self.level = 0
        frame = gdb.selected_frame().newer()
        while frame is not None:
            self.level += 1
            frame = frame.newer()

    def __exit__(self, *_):
        self.thread.switch()
        UNWINDER.registers, UNWINDER.at = self.shown, self.at
        gdb.invalidate_cached_frames()
        frame = gdb.newest_frame()
        for _ in range(self.level):
            frame = frame.older()
        frame.select()


def list_fibers(arg):
    """List them, as the arguments say."""
    options = gdb.string_to_argv(arg)
    for option in options:
        if option not in ('-bt', '-all'):
            raise Trouble(f'{option}: neither -bt nor -all')
    nr_idle = 0
    with Peek():
        fibers = Fiber.all()
        if not fibers:
            raise Trouble('no fibers: this is a helper of evl-cused, or one '
                          'that only begins; see "pgrep -x evl-cused"')
        drivers = Driver.all()
        gdb.write(f"{'':>5} {'stage':<10} {'cpu':>3} {'prio':>4} "
                  f"{'state':<7} what\n")
        for fiber in fibers:
            if fiber.state == 'idle' and '-all' not in options:
                nr_idle += 1
                continue
            write_line(fiber, drivers)
            if '-bt' in options and fiber.state != 'idle':
                fiber.show()
                gdb.execute('backtrace')
        if nr_idle:
            gdb.write(f'and {nr_idle} idle\n')


def write_line(fiber, drivers):
    """One line of the list."""
    driver, handler, where = '', '', ''
    if fiber.state != 'idle':
        driver, handler, where = fiber.doing(drivers)
    what = f'{driver}: {handler}' if driver else handler
    if where:
        what += f' in {where}'
    if fiber.state != 'idle' and fiber.caller():
        what += f' for {fiber.caller()}'
    gdb.write(f'{fiber.number:>5} {fiber.stage:<10} {fiber.cpu:>3} '
              f'{fiber.prio:>4} {fiber.state:<7} {what}'.rstrip() + '\n')


def select_fiber(arg):
    """Show this one to all other commands."""
    if gdb.selected_thread() is None:
        raise Trouble('no process, and no core')
    if arg == 'none':
        UNWINDER.hide()
        return
    if not re.fullmatch('[0-9]+', arg):
        raise Trouble('which one? Give its number in "evl fibers", or "none"')
    fibers = Fiber.all()
    if not 1 <= int(arg) <= len(fibers):
        raise Trouble(f'there is no fiber {arg}')
    fiber = fibers[int(arg) - 1]
    Driver.all()
    fiber.show().select()
    gdb.execute('backtrace')


class EvlCommand(gdb.Command):
    """What evl-cused's handlers are doing: evl fibers, evl fiber."""

    def __init__(self):
        super().__init__('evl', gdb.COMMAND_STACK, prefix=True)


class FibersCommand(gdb.Command):
    """List what runs, or sleeps, in evl-cused: evl fibers [-bt] [-all]

A line for each fiber: its number, stage, CPU and priority, its state, and whose
handler it is in, what that has called, and for whom. -bt adds backtraces, -all
those which are idle."""

    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        list_fibers(arg)


class FiberCommand(gdb.Command):
    """Show one fiber: evl fiber NUMBER, as in "evl fibers"; or none

Its backtrace is printed, and becomes that of the selected thread: "frame", "up",
"info locals" and the like are about it, until the process goes on, another one is
shown, or none."""

    def __init__(self):
        super().__init__('evl fiber', gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        select_fiber(arg.strip())


EvlCommand()
FibersCommand('evl fibers')
FibersCommand('info evl-fibers')
FiberCommand()
