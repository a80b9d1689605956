using System.Collections.Immutable;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Selectors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Which objects a list or watch is about: namespace, name, labels and fields together.</summary>
internal sealed class ObjectFilter
{
    private readonly LabelFilter labels;
    private readonly ImmutableArray<(SelectableField Field, string Value, bool Negated)> fields;

    private ObjectFilter(string? ns, string? name, LabelFilter labels, ImmutableArray<(SelectableField Field, string Value, bool Negated)> fields) =>
        (Namespace, Name, this.labels, this.fields) = (ns, name, labels, fields);

    /// <summary>Null: every namespace.</summary>
    public string? Namespace { get; }

    /// <summary>The one name that can match, or null.</summary>
    public string? Name { get; }

    /// <summary>Nothing but the namespace narrows the selection.</summary>
    public bool IsPlain => Name is null && labels.IsEverything && fields.Length == 0;

    /// <exception cref="StatusException">400: a selector that cannot be read, or a field that this kind cannot be selected by.</exception>
    public static ObjectFilter Parse(ServedResource resource, ObjectTarget target, string labelSelector, string fieldSelector)
    {
        LabelSelector labels;
        FieldSelector selector;
        try
        {
            labels = LabelSelector.Parse(labelSelector);
        }
        catch (FormatException e)
        {
            throw Refusals.BadRequest(e.Message);
        }

        try
        {
            selector = FieldSelector.Parse(fieldSelector);
        }
        catch (FormatException e)
        {
            throw Refusals.BadRequest(e.Message);
        }

        string? ns = resource.Namespaced && target.Namespace.Length > 0 ? target.Namespace : null;
        string? name = target.Name.Length > 0 ? target.Name : null;
        var fields = ImmutableArray.CreateBuilder<(SelectableField Field, string Value, bool Negated)>();
        foreach (var term in selector.Requirements)
        {
            var field = FieldSelectors.Find(resource, term.Field);
            // A name or namespace that must be narrows what is read at all.
            if (term.Field == "metadata.name" && !term.Negated && name is null) name = term.Value;
            else if (term.Field == "metadata.namespace" && !term.Negated && ns is null) ns = term.Value;
            else fields.Add((field, term.Value, term.Negated));
        }

        return new(ns, name, new LabelFilter(labels), fields.ToImmutable());
    }

    public bool Matches(StoredObject stored)
    {
        if (!labels.Matches(stored)) return false; // first: it decides on most objects without their bytes
        if (Namespace is not null && stored.Key.Namespace != Namespace) return false;
        if (Name is not null && stored.Key.Name != Name) return false;
        foreach (var (field, value, negated) in fields)
        {
            if ((field.Of(stored.Bytes) == value) == negated) return false;
        }

        return true;
    }
}
