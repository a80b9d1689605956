using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Dovetail.Machinery.Schemas;
using Dovetail.Machinery.Selectors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>A label selector that is matched against stored bytes: thousands of objects are asked by one list. Keys and values of labels are plain ASCII without anything that JSON escapes
/// (validation sees to that), so they are compared as they are written.</summary>
internal sealed class LabelFilter
{
    private readonly Requirement[] requirements;

    /// <summary>What the digest of every object has that matches.</summary>
    private readonly ulong digest;

    public LabelFilter(LabelSelector selector)
    {
        requirements = [.. selector.Requirements.Select(r => new Requirement(r))];
        foreach (var requirement in requirements) digest |= requirement.Digest;
    }

    /// <summary>No object is left out.</summary>
    public bool IsEverything => requirements.Length == 0;

    public bool Matches(StoredObject stored)
    {
        if (requirements.Length == 0) return true;
        return (LabelDigest.Of(stored) & digest) == digest && Matches(stored.Bytes);
    }

    private bool Matches(ReadOnlySpan<byte> json)
    {
        var metadata = CompactJson.Field(json, 0, "metadata"u8);
        var labels = metadata < 0 ? -1 : CompactJson.Field(json, metadata, "labels"u8);
        foreach (var requirement in requirements)
        {
            var at = labels < 0 ? -1 : CompactJson.Field(json, labels, requirement.Key);
            if (!requirement.Matches(at >= 0, at < 0 ? default : json[(at + 1)..(CompactJson.End(json, at) - 1)])) return false;
        }

        return true;
    }

    private sealed class Requirement(LabelRequirement requirement)
    {
        private readonly byte[][] values = [.. requirement.Values.Select(Encoding.UTF8.GetBytes)];
        private readonly long bound = requirement.Operator is SelectorOperator.GreaterThan or SelectorOperator.LessThan ? long.Parse(requirement.Values[0], CultureInfo.InvariantCulture) : 0;

        public byte[] Key { get; } = Encoding.UTF8.GetBytes(requirement.Key);

        /// <summary>Of a label that must be there.</summary>
        public ulong Digest => requirement.Operator switch
        {
            SelectorOperator.In or SelectorOperator.Equals when values.Length == 1 => LabelDigest.Of(Key, values[0]),
            SelectorOperator.In or SelectorOperator.Equals or SelectorOperator.Exists or SelectorOperator.GreaterThan or SelectorOperator.LessThan => LabelDigest.Of(Key),
            SelectorOperator.NotIn or SelectorOperator.NotEquals or SelectorOperator.DoesNotExist => 0,
        };

        public bool Matches(bool present, ReadOnlySpan<byte> value) => requirement.Operator switch
        {
            SelectorOperator.In or SelectorOperator.Equals => present && Has(value),
            SelectorOperator.NotIn or SelectorOperator.NotEquals => !present || !Has(value),
            SelectorOperator.Exists => present,
            SelectorOperator.DoesNotExist => !present,
            SelectorOperator.GreaterThan => Number(value) is { } number && number > bound,
            SelectorOperator.LessThan => Number(value) is { } number && number < bound,
        };

        private static long? Number(ReadOnlySpan<byte> value) => Utf8Parser.TryParse(value, out long number, out var length) && length == value.Length ? number : null;

        private bool Has(ReadOnlySpan<byte> value)
        {
            foreach (var wanted in values)
            {
                if (value.SequenceEqual(wanted)) return true;
            }

            return false;
        }
    }
}
