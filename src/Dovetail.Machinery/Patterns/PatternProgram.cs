using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Dovetail.Machinery.Patterns;

internal enum Step : byte
{
    Match,

    /// <summary>Takes one character of <see cref="Instruction.Ranges"/>.</summary>
    Character,

    /// <summary>Goes on when the <see cref="Place"/> in <see cref="Instruction.Other"/> is here.</summary>
    Place,

    /// <summary>Goes on at both.</summary>
    Split,
}

internal readonly record struct Instruction(Step Step, int Next, int Other, int[]? Ranges);

/// <summary>A compiled pattern: all ways through it are followed at once, a character at a time (Thompson). Sets of places in the program that were met before are remembered with
/// the sets that follow them, so that most characters cost one look into a table.</summary>
internal sealed class PatternProgram(Instruction[] code, int start)
{
    private const int End = -1;
    private const int MaxRemembered = 200;

    private readonly ConcurrentDictionary<string, State> remembered = new(StringComparer.Ordinal);
    private readonly State first = new([start], Before.Nothing, remembered: true);

    /// <summary>The number of instructions.</summary>
    public int Length => code.Length;

    public bool IsMatch(string text)
    {
        Workspace? space = null;
        var state = first;
        foreach (var rune in text.EnumerateRunes())
        {
            state = Follow(state, rune.Value, ref space);
            if (state == State.Matched)
                return true;
        }
        return Follow(state, End, ref space) == State.Matched;
    }

    /// <summary>What stands before the place where a match may go on; all that assertions need to know of the past.</summary>
    private enum Before
    {
        Nothing,
        LineEnd,
        WordCharacter,
        Other,
    }

    /// <summary>Where the next character may be taken, before assertions are looked at.</summary>
    private sealed class State(int[] places, Before before, bool remembered)
    {
        public static readonly State Matched = new([], Before.Other, remembered: false);

        /// <summary>What follows an ASCII character or the end (last), when the state itself is remembered. Threads may find the same twice.</summary>
        public State?[] Known { get; } = remembered ? new State?[0x81] : [];

        public int[] Places => places;

        public Before Before => before;
    }

    /// <summary>What one match needs to find a set that is not remembered: marks of the places seen in this round, places still to look at, places found.</summary>
    private sealed class Workspace(int places)
    {
        private readonly int[] seen = new int[places];
        private readonly int[] found = new int[places];
        private int round;

        public Stack<int> Open { get; } = new();

        public List<int> Next { get; } = [];

        public void Begin(int[] from)
        {
            round++;
            Open.Clear();
            Next.Clear();
            foreach (var place in from)
                Open.Push(place);
        }

        public bool IsNew(int place)
        {
            var isNew = seen[place] != round;
            seen[place] = round;
            return isNew;
        }

        public void Find(int place)
        {
            if (found[place] == round)
                return;
            found[place] = round;
            Next.Add(place);
        }
    }

    private State Follow(State state, int rune, ref Workspace? space)
    {
        var slot = rune == End ? 0x80 : rune;
        if (slot < state.Known.Length && state.Known[slot] is { } known)
            return known;
        var next = Advance(state, rune, space ??= new(code.Length));
        if (slot < state.Known.Length)
            state.Known[slot] = next;
        return next;
    }

    private State Advance(State state, int rune, Workspace space)
    {
        space.Begin(state.Places);
        while (space.Open.TryPop(out var place))
        {
            if (!space.IsNew(place))
                continue;
            var step = code[place];
            switch (step.Step)
            {
                case Step.Match:
                    return State.Matched;
                case Step.Split:
                    space.Open.Push(step.Next);
                    space.Open.Push(step.Other);
                    break;
                case Step.Place when Holds((Place)step.Other, state.Before, rune):
                    space.Open.Push(step.Next);
                    break;
                case Step.Character when rune != End && CharacterSet.Contains(step.Ranges!, rune):
                    space.Find(step.Next);
                    break;
                default:
                    break;
            }
        }
        // A match may begin anywhere.
        space.Find(start);
        return Remember([.. space.Next], rune == '\n' ? Before.LineEnd : IsWord(rune) ? Before.WordCharacter : Before.Other);
    }

    private State Remember(int[] places, Before before)
    {
        if (remembered.Count >= MaxRemembered)
            return new(places, before, remembered: false);
        Array.Sort(places);
        return remembered.GetOrAdd($"{(int)before}{MemoryMarshal.Cast<int, char>(places)}", new State(places, before, remembered: true));
    }

    private static bool Holds(Place place, Before before, int next) => place switch
    {
        Place.BeginText => before == Before.Nothing,
        Place.EndText => next == End,
        Place.BeginLine => before is Before.Nothing or Before.LineEnd,
        Place.EndLine => next is End or '\n',
        Place.WordBoundary => before == Before.WordCharacter != IsWord(next),
        Place.NoWordBoundary => before == Before.WordCharacter == IsWord(next),
    };

    private static bool IsWord(int rune) => rune is (>= '0' and <= '9') or (>= 'A' and <= 'Z') or '_' or (>= 'a' and <= 'z');
}
