namespace Dovetail.Machinery.Patterns;

/// <summary>Turns a parsed pattern into instructions, from its end to its beginning, so that each knows where it goes on.</summary>
internal sealed class PatternCompiler
{
    private readonly List<Instruction> code = [new(Step.Match, 0, 0, null)];

    private PatternCompiler()
    {
    }

    public static PatternProgram Compile(PatternNode pattern)
    {
        var compiler = new PatternCompiler();
        var start = compiler.Emit(pattern, 0);
        return new([.. compiler.code], start);
    }

    private int Add(Step step, int next, int other = 0, int[]? ranges = null)
    {
        code.Add(new(step, next, other, ranges));
        return code.Count - 1;
    }

    private int Emit(PatternNode node, int next)
    {
        switch (node)
        {
            case PatternNode.Class one:
                return Add(Step.Character, next, ranges: one.Ranges);
            case PatternNode.Assertion assertion:
                return Add(Step.Place, next, (int)assertion.Place);
            case PatternNode.Capture group:
                return Emit(group.Inner, next);
            case PatternNode.Concatenation all:
                for (var i = all.Parts.Length - 1; i >= 0; i--)
                    next = Emit(all.Parts[i], next);
                return next;
            case PatternNode.Alternation any:
                var choice = Emit(any.Choices[^1], next);
                for (var i = any.Choices.Length - 2; i >= 0; i--)
                    choice = Add(Step.Split, Emit(any.Choices[i], next), choice);
                return choice;
            case PatternNode.Repetition repetition:
                return Repeat(repetition, next);
            default:
                throw new InvalidOperationException($"no instruction for {node.GetType()}");
        }
    }

    private int Repeat(PatternNode.Repetition node, int next)
    {
        var times = node.Min;
        if (node.Max < 0)
        {
            var loop = Add(Step.Split, 0, next);
            var body = Emit(node.Inner, loop);
            code[loop] = new(Step.Split, body, next, null);
            (next, times) = times == 0 ? (loop, 0) : (body, times - 1);
        }
        else
        {
            var end = next;
            for (var i = node.Min; i < node.Max; i++)
                next = Add(Step.Split, Emit(node.Inner, next), end);
        }
        for (var i = 0; i < times; i++)
            next = Emit(node.Inner, next);
        return next;
    }
}
