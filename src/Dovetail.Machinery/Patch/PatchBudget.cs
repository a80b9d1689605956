using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Patch;

/// <summary>What the operations of one JSON patch may add up to. Each copy can double what was copied before, so a few lines would otherwise make gigabytes, or a tree deeper than any stack.</summary>
internal sealed class PatchBudget
{
    /// <summary>Values and characters that are placed; upstream bounds what is copied by the size that a request may have (<c>AccumulatedCopySizeLimit</c>).</summary>
    private const int MaxSize = 3 * 1024 * 1024;

    private int left = MaxSize;

    /// <summary>Counts a value that is about to be placed at a pointer.</summary>
    /// <exception cref="Errors.StatusException">422: the patched object would become too large or too deep.</exception>
    public void Spend(string pointer, JsonNode? value) => Spend(value, pointer.AsSpan().Count('/'));

    private void Spend(JsonNode? value, int depth)
    {
        if (depth > JsonObjectReader.MaxDepth || --left < 0) throw PatchErrors.DoesNotApply();
        switch (value)
        {
            case JsonObject fields:
                for (var i = 0; i < fields.Count; i++)
                {
                    var (name, field) = fields.GetAt(i);
                    left -= name.Length;
                    Spend(field, depth + 1);
                }

                break;
            case JsonArray items:
                foreach (var item in items) Spend(item, depth + 1);
                break;
            case JsonValue scalar when scalar.TryGetValue(out string? text):
                left -= text.Length;
                break;
        }
    }
}
