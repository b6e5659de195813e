/** One choice of a few, as large targets side by side. */

interface ChoicesProps<Choice extends string> {
  legend: string;
  choices: readonly Choice[];
  names: Record<Choice, string>;
  chosen: Choice | null;
  onChoose: (choice: Choice) => void;
}

export function Choices<Choice extends string>(props: ChoicesProps<Choice>) {
  return (
    <fieldset>
      <legend>{props.legend}</legend>
      <div class="outcomes">
        {props.choices.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="choice"
              value={one}
              checked={props.chosen === one}
              onChange={() => props.onChoose(one)}
            />
            <span>{props.names[one]}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
